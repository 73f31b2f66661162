//! The address of a caller behind proxies.
//!
//! Headers are written by anybody, so a header is believed only as far as configured proxies stand behind it: the walk
//! begins at the socket and goes from the last entry to the first, as long as the address at hand is a
//! configured proxy (NET-06). Knows the header texts, not the request that they came with.

use std::net::IpAddr;

use super::Block;

/// More hops than any deployment has; a longer walk is an attempt to keep the agent busy.
const MAX_HOPS: usize = 32;

/// The forwarding headers of a request, each line as it came, in order.
#[derive(Debug, Default)]
pub(crate) struct Hops<'a> {
    x_forwarded_for: Vec<&'a str>,
    forwarded: Vec<&'a str>,
}

impl<'a> Hops<'a> {
    /// From the lines of `X-Forwarded-For` and of `Forwarded`. A line that is no text stays, as an unreadable one.
    pub(crate) fn new(
        x_forwarded_for: impl Iterator<Item = &'a [u8]>,
        forwarded: impl Iterator<Item = &'a [u8]>,
    ) -> Self {
        let text = |line| std::str::from_utf8(line).unwrap_or("?");
        Self {
            x_forwarded_for: x_forwarded_for.map(text).collect(),
            forwarded: forwarded.map(text).collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.x_forwarded_for.is_empty() && self.forwarded.is_empty()
    }
}

/// Where a call comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientAddress {
    /// This address, canonical.
    Known {
        /// The address.
        ip: IpAddr,
        /// There are forwarding headers and they were not read, because the socket's peer is no configured proxy.
        /// Worth a hint when the address is refused.
        unread_headers: bool,
    },
    /// A configured proxy names no address, or the two headers contradict each other. Never to be allowed.
    Unknown,
}

impl ClientAddress {
    /// The address, when it is known.
    pub(crate) fn ip(self) -> Option<IpAddr> {
        match self {
            Self::Known { ip, .. } => Some(ip),
            Self::Unknown => None,
        }
    }
}

/// The address of a caller, from the socket's peer and from what configured proxies say.
///
/// When both headers are there, they must lead to the same address: a proxy that writes one of them passes the
/// other one on as the caller sent it.
pub(crate) fn client_address(peer: IpAddr, hops: &Hops<'_>, trusted: &[Block]) -> ClientAddress {
    let peer = peer.to_canonical();
    let is_trusted = |ip: IpAddr| trusted.iter().any(|block| block.contains(ip));
    if !is_trusted(peer) {
        return ClientAddress::Known {
            ip: peer,
            unread_headers: !hops.is_empty(),
        };
    }
    let mut listed = hops
        .x_forwarded_for
        .iter()
        .rev()
        .flat_map(|line| line.rsplit(',').map(str::trim));
    let by_list = (!hops.x_forwarded_for.is_empty()).then(|| walk(peer, is_trusted, || listed.next().map(node)));
    let by_elements = (!hops.forwarded.is_empty()).then(|| {
        let mut elements: Vec<Option<IpAddr>> = hops.forwarded.iter().flat_map(|line| elements_of(line)).collect();
        walk(peer, is_trusted, || elements.pop())
    });
    let found = match (by_list, by_elements) {
        (None, None) => Some(peer),
        (Some(found), None) | (None, Some(found)) => found,
        (Some(one), Some(other)) => one.filter(|_| one == other),
    };
    found.map_or(ClientAddress::Unknown, |ip| ClientAddress::Known {
        ip,
        unread_headers: false,
    })
}

/// The last address that is no configured proxy; the first of all when all of them are.
fn walk(
    peer: IpAddr,
    is_trusted: impl Fn(IpAddr) -> bool,
    mut previous: impl FnMut() -> Option<Option<IpAddr>>,
) -> Option<IpAddr> {
    let mut at = peer;
    for _ in 0..MAX_HOPS {
        if !is_trusted(at) {
            return Some(at);
        }
        match previous() {
            None => return Some(at),
            // a trusted proxy has seen somebody and does not say whom
            Some(None) => return None,
            Some(Some(ip)) => at = ip,
        }
    }
    None
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn node(text: &str) -> Option<IpAddr> {
    let is_port = |text: &str| !text.is_empty() && text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    let ip = if let Some(rest) = text.strip_prefix('[') {
        let (ip, port) = rest.split_once(']')?;
        if !(port.is_empty() || port.strip_prefix(':').is_some_and(is_port)) {
            return None;
        }
        IpAddr::V6(ip.parse().ok()?)
    } else if let Ok(ip) = text.parse() {
        ip
    } else {
        let (ip, port) = text.split_once(':')?;
        if !is_port(port) {
            return None;
        }
        IpAddr::V4(ip.parse().ok()?)
    };
    Some(ip.to_canonical())
}

/// The `for` of each element of a `Forwarded` line (RFC 7239), in order; `None` where it is missing, hidden, given
/// twice, or malformed.
fn elements_of(line: &str) -> Vec<Option<IpAddr>> {
    split_outside_quotes(line, ',')
        .into_iter()
        .map(|element| {
            let mut values = split_outside_quotes(element, ';').into_iter().filter_map(|pair| {
                let (name, value) = pair.split_once('=')?;
                name.trim().eq_ignore_ascii_case("for").then(|| value.trim())
            });
            let value = values.next()?;
            if values.next().is_some() {
                return None;
            }
            match value.strip_prefix('"') {
                // an address needs no escapes; what has some is none
                Some(quoted) => node(quoted.strip_suffix('"')?),
                None => node(value),
            }
        })
        .collect()
}

/// The parts of a text between separators that are not in a quoted string.
fn split_outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    let mut escaped = false;
    text.split(move |character: char| {
        if escaped {
            escaped = false;
            return false;
        }
        match character {
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        character == separator && !quoted
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect(text)
    }

    fn found(peer: &str, listed: &[&str], forwarded: &[&str], trusted: &[&str]) -> Option<String> {
        let trusted: Vec<Block> = trusted.iter().map(|text| Block::parse(text).expect(text)).collect();
        let hops = Hops::new(
            listed.iter().map(|line| line.as_bytes()),
            forwarded.iter().map(|line| line.as_bytes()),
        );
        client_address(ip(peer), &hops, &trusted).ip().map(|ip| ip.to_string())
    }

    /// There is no exemption for this machine: a proxy on it that adds no header would open it to everybody.
    #[test]
    fn net_06_without_configured_proxies_headers_are_not_read() {
        assert_eq!(found("127.0.0.1", &["1.2.3.4"], &[], &[]).as_deref(), Some("127.0.0.1"));
        assert_eq!(
            found("203.0.113.9", &["1.2.3.4"], &["for=1.2.3.4"], &[]).as_deref(),
            Some("203.0.113.9")
        );
        assert_eq!(
            found("::ffff:203.0.113.9", &[], &[], &[]).as_deref(),
            Some("203.0.113.9")
        );
        let hops = Hops {
            x_forwarded_for: vec!["1.2.3.4"],
            ..Hops::default()
        };
        assert_eq!(
            client_address(ip("10.0.0.1"), &hops, &[]),
            ClientAddress::Known {
                ip: ip("10.0.0.1"),
                unread_headers: true
            }
        );
    }

    #[test]
    fn net_06_the_last_untrusted_hop_is_the_client() {
        let trusted = &["10.0.0.0/8", "2001:db8::/32"];
        for (listed, expected) in [
            (&["198.51.100.7"][..], "198.51.100.7"),
            // what stands before the last untrusted hop is the caller's own invention
            (&["1.1.1.1, 198.51.100.7, 10.0.0.9"], "198.51.100.7"),
            (&["1.1.1.1", "198.51.100.7 ,10.0.0.9"], "198.51.100.7"),
            (&["garbage, 198.51.100.7"], "198.51.100.7"),
            (&["198.51.100.7:4711"], "198.51.100.7"),
            (&["2a00::1"], "2a00::1"),
            (&["[2a00::1]"], "2a00::1"),
            (&["[2a00::1]:443, 2001:db8::5"], "2a00::1"),
            (&["::ffff:198.51.100.7"], "198.51.100.7"),
            // private addresses are clients like others
            (&["192.168.1.1"], "192.168.1.1"),
            (&["10.0.0.2, 10.0.0.9"], "10.0.0.2"),
            (&[], "10.0.0.1"),
        ] {
            assert_eq!(
                found("10.0.0.1", listed, &[], trusted).as_deref(),
                Some(expected),
                "{listed:?}"
            );
        }
    }

    #[test]
    fn net_06_a_proxy_that_names_no_address_leaves_the_client_unknown() {
        let trusted = &["10.0.0.0/8"];
        for listed in [
            "",
            "unknown",
            "a, 10.0.0.9",
            "198.51.100.7:",
            "198.51.100.7:x",
            "[2a00::1",
            "[2a00::1]x",
            "[1.2.3.4]",
            "1.2.3.4,",
        ] {
            assert_eq!(found("10.0.0.1", &[listed], &[], trusted), None, "{listed}");
        }
        for line in [
            "for=_hidden",
            "for=unknown",
            "proto=https",
            "for=1.2.3.4;for=1.2.3.5",
            "for=\"1.2.3.4",
            "for=\"1\\.2.3.4\"",
            "",
        ] {
            assert_eq!(found("10.0.0.1", &[], &[line], trusted), None, "{line}");
        }
        let bytes = Hops::new([b"1.2.3.\xff".as_slice()].into_iter(), std::iter::empty());
        let trusted_blocks = [Block::parse("10.0.0.0/8").expect("block")];
        assert_eq!(
            client_address(ip("10.0.0.1"), &bytes, &trusted_blocks),
            ClientAddress::Unknown
        );
        // an endless chain of trusted addresses
        let long = vec!["10.0.0.2"; 200].join(",");
        assert_eq!(found("10.0.0.1", &[&long], &[], trusted), None);
    }

    #[test]
    fn net_06_the_standard_header_is_read_with_quotes_and_several_lines() {
        let trusted = &["10.0.0.0/8"];
        for (lines, expected) in [
            (&["for=198.51.100.7;proto=http;by=203.0.113.43"][..], "198.51.100.7"),
            (&["For=\"[2a00::1]:4711\""], "2a00::1"),
            (
                &["for=9.9.9.9, FOR = 198.51.100.7;host=\"a,b;for=1.1.1.1\" , for=10.0.0.3"],
                "198.51.100.7",
            ),
            (&["for=9.9.9.9", "for=198.51.100.7"], "198.51.100.7"),
        ] {
            assert_eq!(
                found("10.0.0.1", &[], lines, trusted).as_deref(),
                Some(expected),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn net_06_two_headers_must_agree() {
        let trusted = &["10.0.0.0/8"];
        let both = |listed, line| found("10.0.0.1", &[listed], &[line], trusted);
        assert_eq!(
            both("198.51.100.7", "for=198.51.100.7").as_deref(),
            Some("198.51.100.7")
        );
        assert_eq!(both("1.1.1.1", "for=198.51.100.7"), None);
        assert_eq!(both("unknown", "for=unknown"), None);
    }
}
