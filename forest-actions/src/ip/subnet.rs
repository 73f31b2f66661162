//! Addresses and subnets as they are written in settings and IP rules.

use std::net::IpAddr;

use ipnet::{IpNet, PrefixLenError};

/// A text that is not the address or the subnet that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidAddress {
    #[error("not an IP address")]
    Address,
    #[error("a subnet has a `/` and a prefix length")]
    NoPrefix,
    #[error("the prefix length is not a number")]
    Prefix,
    #[error("the prefix length exceeds the size of the address")]
    PrefixTooLong,
}

impl From<PrefixLenError> for InvalidAddress {
    fn from(_: PrefixLenError) -> Self {
        Self::PrefixTooLong
    }
}

/// Reads one address. An IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) becomes the IPv4 address.
///
/// # Errors
/// [`InvalidAddress::Address`].
pub(crate) fn address(text: &str) -> Result<IpAddr, InvalidAddress> {
    written(text).map(|ip| ip.to_canonical())
}

/// Reads an address, a slash and a prefix length. An IPv4-mapped subnet becomes the IPv4 subnet.
///
/// # Errors
/// [`InvalidAddress`].
pub(crate) fn subnet(text: &str) -> Result<IpNet, InvalidAddress> {
    let (ip, prefix) = text.split_once('/').ok_or(InvalidAddress::NoPrefix)?;
    let prefix = prefix.trim();
    if prefix.is_empty() || prefix.len() > 3 || !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(InvalidAddress::Prefix);
    }
    let prefix = prefix.parse::<u8>().map_err(|_| InvalidAddress::PrefixTooLong)?;
    // `IpNet` parses leniently, `010.0.0.0` as 10.0.0.0; the prefix counts in the family that was written
    let ip = written(ip)?;
    match (ip.to_canonical(), prefix.checked_sub(96)) {
        (IpAddr::V4(mapped), Some(prefix)) if ip.is_ipv6() => Ok(IpNet::new(mapped.into(), prefix)?),
        _ => Ok(IpNet::new(ip, prefix)?),
    }
}

/// Reads an address or a subnet.
///
/// # Errors
/// [`InvalidAddress`].
pub(crate) fn address_or_subnet(text: &str) -> Result<IpNet, InvalidAddress> {
    if text.contains('/') {
        subnet(text)
    } else {
        address(text).map(IpNet::from)
    }
}

fn written(text: &str) -> Result<IpAddr, InvalidAddress> {
    text.trim().parse().map_err(|_| InvalidAddress::Address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(net: &str, ip: &str) -> bool {
        let ip: IpAddr = ip.parse().expect(ip);
        address_or_subnet(net).expect(net).contains(&ip.to_canonical())
    }

    #[test]
    fn net_07_addresses_and_subnets_of_both_families() {
        for (net, inside, outside) in [
            ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
            ("192.0.2.1", "::ffff:192.0.2.1", "::1"),
            ("::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.2"),
            ("2001:db8::1", "2001:DB8:0::1", "2001:db8::2"),
            ("10.0.0.5/8", "10.255.255.255", "11.0.0.0"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::10.1.2.3"),
            ("10.0.0.0 / 08", "10.1.2.3", "11.0.0.0"),
            ("192.0.2.7/32", "192.0.2.7", "192.0.2.6"),
            ("0.0.0.0/0", "255.255.255.255", "::"),
            ("::/0", "ffff::", "1.2.3.4"),
            ("2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::"),
            ("::ffff:10.0.0.0/104", "10.9.9.9", "11.0.0.0"),
            ("::ffff:10.0.0.0/90", "::ffc0:0:1", "10.0.0.0"),
        ] {
            assert!(contains(net, inside), "{net} {inside}");
            assert!(!contains(net, outside), "{net} {outside}");
        }
    }

    #[test]
    fn malformed_addresses_and_subnets_are_rejected() {
        for (text, problem) in [
            ("", InvalidAddress::Address),
            ("10.0.0", InvalidAddress::Address),
            ("010.0.0.1", InvalidAddress::Address),
            ("010.0.0.0/8", InvalidAddress::Address),
            ("10.0.0.1:80", InvalidAddress::Address),
            ("host", InvalidAddress::Address),
            ("10.0.0.0/33", InvalidAddress::PrefixTooLong),
            ("10.0.0.0/", InvalidAddress::Prefix),
            ("10.0.0.0/-1", InvalidAddress::Prefix),
            ("10.0.0.0/8/8", InvalidAddress::Prefix),
            ("10.0.0.0/+8", InvalidAddress::Prefix),
            ("::/129", InvalidAddress::PrefixTooLong),
            ("::/999", InvalidAddress::PrefixTooLong),
            ("10.0.0.0/255.0.0.0", InvalidAddress::Prefix),
            ("fe80::1%eth0", InvalidAddress::Address),
            ("/8", InvalidAddress::Address),
            ("::ffff:10.0.0.0/200", InvalidAddress::PrefixTooLong),
        ] {
            assert_eq!(address_or_subnet(text), Err(problem), "{text}");
        }
        assert_eq!(subnet("10.0.0.0"), Err(InvalidAddress::NoPrefix));
    }
}
