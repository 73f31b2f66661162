//! The address of a client behind proxies.
//!
//! Clients can write forwarding headers themselves, so entries count only behind configured proxies: the walk begins at the
//! socket's peer and goes from the last entry to the first, as long as the current address is a configured proxy (NET-06).

use std::net::IpAddr;

use ipnet::IpNet;

use super::forwarded;

/// More hops than any deployment has; a longer chain is refused.
const MAX_HOPS: usize = 32;

/// The lines of the forwarding headers of a request, in order.
#[derive(Debug, Default)]
pub(crate) struct ForwardingHeaders<'a> {
    x_forwarded_for: Vec<&'a str>,
    forwarded: Vec<&'a str>,
}

impl<'a> ForwardingHeaders<'a> {
    /// Takes the lines of `X-Forwarded-For` and of `Forwarded`. A line that is not UTF-8 is kept as an unreadable one.
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientAddress {
    Known {
        /// In canonical form: an IPv4-mapped IPv6 address is the IPv4 address.
        ip: IpAddr,
        /// The request has forwarding headers, and its peer is not a configured proxy. Explains why the address is refused.
        ignored_headers: bool,
    },
    /// A configured proxy names no address, or the two headers contradict each other. Never allowed.
    Unknown,
}

impl ClientAddress {
    pub(crate) fn ip(self) -> Option<IpAddr> {
        match self {
            Self::Known { ip, .. } => Some(ip),
            Self::Unknown => None,
        }
    }
}

/// Determines the address of a client from the socket's peer and the headers of configured proxies.
///
/// When both headers are present they must lead to the same address: a proxy that writes one of them may pass on the other
/// as the client sent it.
pub(crate) fn client_address(peer: IpAddr, headers: &ForwardingHeaders<'_>, trusted: &[IpNet]) -> ClientAddress {
    let peer = peer.to_canonical();
    let is_trusted = |ip: IpAddr| trusted.iter().any(|net| net.contains(&ip));
    if !is_trusted(peer) {
        return ClientAddress::Known {
            ip: peer,
            ignored_headers: !headers.is_empty(),
        };
    }
    let mut listed = headers
        .x_forwarded_for
        .iter()
        .rev()
        .flat_map(|line| line.rsplit(',').map(str::trim));
    let by_list = (!headers.x_forwarded_for.is_empty()).then(|| walk(peer, is_trusted, || listed.next().map(node)));
    let by_elements = (!headers.forwarded.is_empty()).then(|| {
        let lines = headers.forwarded.iter();
        let elements = lines.flat_map(|line| forwarded::clients(line).unwrap_or_else(|| vec![None]));
        let mut elements: Vec<Option<IpAddr>> = elements.collect();
        walk(peer, is_trusted, || elements.pop())
    });
    let found = match (by_list, by_elements) {
        (None, None) => Some(peer),
        (Some(found), None) | (None, Some(found)) => found,
        (Some(one), Some(other)) => one.filter(|_| one == other),
    };
    found.map_or(ClientAddress::Unknown, |ip| ClientAddress::Known {
        ip,
        ignored_headers: false,
    })
}

/// The last address that is not a configured proxy, or the first of all when all of them are.
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
            // a trusted proxy hides the address
            Some(None) => return None,
            Some(Some(ip)) => at = ip,
        }
    }
    None
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
pub(super) fn node(text: &str) -> Option<IpAddr> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ip::address_or_subnet;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect(text)
    }

    fn found(peer: &str, listed: &[&str], forwarded: &[&str], trusted: &[&str]) -> Option<String> {
        let trusted: Vec<IpNet> = trusted
            .iter()
            .map(|text| address_or_subnet(text).expect(text))
            .collect();
        let headers = ForwardingHeaders::new(
            listed.iter().map(|line| line.as_bytes()),
            forwarded.iter().map(|line| line.as_bytes()),
        );
        client_address(ip(peer), &headers, &trusted)
            .ip()
            .map(|ip| ip.to_string())
    }

    /// Loopback is not exempt: a proxy on this machine that adds no header would let every client pass.
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
        let headers = ForwardingHeaders {
            x_forwarded_for: vec!["1.2.3.4"],
            ..ForwardingHeaders::default()
        };
        assert_eq!(
            client_address(ip("10.0.0.1"), &headers, &[]),
            ClientAddress::Known {
                ip: ip("10.0.0.1"),
                ignored_headers: true
            }
        );
    }

    #[test]
    fn net_06_the_last_untrusted_hop_is_the_client() {
        let trusted = &["10.0.0.0/8", "2001:db8::/32"];
        for (listed, expected) in [
            (&["198.51.100.7"][..], "198.51.100.7"),
            // clients can invent what stands before the last untrusted hop
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
            // the caller's open quote in front of the element that the proxy appended
            "for=1.2.3.4;x=\", for=6.6.6.6",
            "for=1.2.3.4;x=\", for=6.6.6.6;proto=https;by=10.0.0.1",
            "for=1.2.3.4;x=\", for=\"[2001:db8::1]:80\"",
            "for=1.2.3.4;x=\"\\, for=6.6.6.6",
            "for=1.2.3.4;x=\", for=6.6.6.6;host=\"evil\"\"",
        ] {
            assert_eq!(found("10.0.0.1", &[], &[line], trusted), None, "{line}");
        }
        let bytes = ForwardingHeaders::new([b"1.2.3.\xff".as_slice()].into_iter(), std::iter::empty());
        let trusted_blocks = [address_or_subnet("10.0.0.0/8").expect("subnet")];
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
