//! An inclusive range of addresses of one family: what single addresses, subnets and ranges all become.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An inclusive range of addresses. An IPv4 address that is written as IPv6 (`::ffff:192.0.2.1`) is the IPv4 address;
/// otherwise the families have nothing in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Block {
    /// IPv4.
    V4(Ipv4Addr, Ipv4Addr),
    /// IPv6.
    V6(Ipv6Addr, Ipv6Addr),
}

impl Block {
    /// One address.
    ///
    /// # Errors
    /// A text saying what is wrong.
    pub(crate) fn address(text: &str) -> Result<Self, String> {
        Ok(match address(text)? {
            IpAddr::V4(ip) => Self::V4(ip, ip),
            IpAddr::V6(ip) => Self::V6(ip, ip),
        })
    }

    /// From the first to the last address, both included.
    ///
    /// # Errors
    /// A text saying what is wrong: an address, two families, or an inverted range.
    pub(crate) fn range(first: &str, last: &str) -> Result<Self, String> {
        let block = match (address(first)?, address(last)?) {
            (IpAddr::V4(first), IpAddr::V4(last)) if first <= last => Self::V4(first, last),
            (IpAddr::V6(first), IpAddr::V6(last)) if first <= last => Self::V6(first, last),
            (IpAddr::V4(_), IpAddr::V4(_)) | (IpAddr::V6(_), IpAddr::V6(_)) => {
                return Err("the range ends before it begins".to_owned());
            }
            _ => return Err("the range begins in one family of addresses and ends in the other".to_owned()),
        };
        Ok(block)
    }

    /// A subnet: an address, a slash, and the number of leading bits that count.
    ///
    /// # Errors
    /// A text saying what is wrong.
    pub(crate) fn subnet(text: &str) -> Result<Self, String> {
        let (ip, bits) = text.split_once('/').ok_or("a subnet has a `/` and a number of bits")?;
        let bits = Some(bits.trim())
            .filter(|bits| !bits.is_empty() && bits.len() <= 3 && bits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|bits| bits.parse::<u32>().ok())
            .ok_or("the number of bits is not a number")?;
        // the bits count in the form that was written, so the mapped form is not taken apart yet
        let (ip, bits) = match parse(ip)? {
            IpAddr::V6(ip) if (96..=128).contains(&bits) => match ip.to_ipv4_mapped() {
                Some(ip) => (IpAddr::V4(ip), bits - 96),
                None => (IpAddr::V6(ip), bits),
            },
            ip => (ip, bits),
        };
        match ip {
            IpAddr::V4(ip) if bits <= 32 => {
                let hosts = u32::MAX.checked_shr(bits).unwrap_or(0);
                let first = u32::from(ip) & !hosts;
                Ok(Self::V4(first.into(), (first | hosts).into()))
            }
            IpAddr::V6(ip) if bits <= 128 => {
                let hosts = u128::MAX.checked_shr(bits).unwrap_or(0);
                let first = u128::from(ip) & !hosts;
                Ok(Self::V6(first.into(), (first | hosts).into()))
            }
            _ => Err("the number of bits is larger than the address".to_owned()),
        }
    }

    /// An address or a subnet, as they are written in a configuration.
    ///
    /// # Errors
    /// A text saying what is wrong.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.contains('/') {
            Self::subnet(text)
        } else {
            Self::address(text)
        }
    }

    /// Whether the address is in it.
    pub(crate) fn contains(&self, ip: IpAddr) -> bool {
        match (self, ip.to_canonical()) {
            (Self::V4(first, last), IpAddr::V4(ip)) => (*first..=*last).contains(&ip),
            (Self::V6(first, last), IpAddr::V6(ip)) => (*first..=*last).contains(&ip),
            _ => false,
        }
    }
}

fn parse(text: &str) -> Result<IpAddr, String> {
    text.trim().parse().map_err(|_| "that is no IP address".to_owned())
}

fn address(text: &str) -> Result<IpAddr, String> {
    parse(text).map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(block: &Result<Block, String>, ip: &str) -> bool {
        block.as_ref().is_ok_and(|block| block.contains(ip.parse().expect(ip)))
    }

    #[test]
    fn net_07_addresses_ranges_and_subnets_of_both_families() {
        for (block, inside, outside) in [
            (Block::parse("192.0.2.1"), "192.0.2.1", "192.0.2.2"),
            (Block::parse("192.0.2.1"), "::ffff:192.0.2.1", "::1"),
            (Block::parse("::ffff:192.0.2.1"), "192.0.2.1", "::ffff:192.0.2.2"),
            (Block::parse("2001:db8::1"), "2001:DB8:0::1", "2001:db8::2"),
            (Block::parse("10.0.0.5/8"), "10.255.255.255", "11.0.0.0"),
            (Block::parse("10.0.0.0/8"), "::ffff:10.1.2.3", "::10.1.2.3"),
            (Block::parse("192.0.2.7/32"), "192.0.2.7", "192.0.2.6"),
            (Block::parse("0.0.0.0/0"), "255.255.255.255", "::"),
            (Block::parse("::/0"), "ffff::", "1.2.3.4"),
            (Block::parse("2001:db8::/33"), "2001:db8:7fff::1", "2001:db8:8000::"),
            (Block::parse("::ffff:10.0.0.0/104"), "10.9.9.9", "11.0.0.0"),
            (Block::range("10.0.0.2", "10.0.0.4"), "10.0.0.4", "10.0.0.5"),
            (Block::range("10.0.0.2", "10.0.0.4"), "10.0.0.2", "10.0.0.1"),
            (Block::range("::ffff:10.0.0.2", "10.0.0.4"), "10.0.0.3", "::3"),
            (Block::range("2001:db8::", "2001:db8::f"), "2001:db8::a", "2001:db8::10"),
        ] {
            assert!(holds(&block, inside), "{block:?} {inside}");
            assert!(!holds(&block, outside), "{block:?} {outside}");
        }
    }

    #[test]
    fn what_is_no_block_is_refused() {
        for text in [
            "",
            "10.0.0",
            "010.0.0.1",
            "10.0.0.1:80",
            "host",
            "10.0.0.0/33",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "10.0.0.0/8/8",
            "10.0.0.0/+8",
            "::/129",
            "10.0.0.0/255.0.0.0",
            "fe80::1%eth0",
            "/8",
            "::ffff:10.0.0.0/200",
        ] {
            assert!(Block::parse(text).is_err(), "{text}");
        }
        assert!(Block::subnet("10.0.0.0").is_err());
        assert!(Block::range("10.0.0.2", "10.0.0.1").is_err());
        assert!(Block::range("10.0.0.2", "::1").is_err());
    }
}
