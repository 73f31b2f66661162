//! The IP rules of an environment (NET-07).

use std::net::IpAddr;

use ipnet::IpNet;

/// An inclusive range of addresses of one family, in canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct IpRange {
    first: IpAddr,
    last: IpAddr,
}

impl IpRange {
    /// Both ends are included. `None` when the range ends before it begins, or in the other family.
    pub(crate) fn new(first: IpAddr, last: IpAddr) -> Option<Self> {
        (first.is_ipv4() == last.is_ipv4() && first <= last).then_some(Self { first, last })
    }
}

impl From<IpAddr> for IpRange {
    fn from(ip: IpAddr) -> Self {
        Self { first: ip, last: ip }
    }
}

impl From<IpNet> for IpRange {
    fn from(net: IpNet) -> Self {
        Self {
            first: net.network(),
            last: net.broadcast(),
        }
    }
}

/// The allowed addresses, as sorted and disjoint ranges.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct IpRules {
    enabled: bool,
    ranges: Box<[IpRange]>,
    ignored: Box<[String]>,
}

impl IpRules {
    /// `ignored` describes the rules that were left out, in texts fit for a log.
    pub(crate) fn new(enabled: bool, mut ranges: Vec<IpRange>, ignored: Vec<String>) -> Self {
        ranges.sort_unstable();
        let mut disjoint: Vec<IpRange> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match disjoint.last_mut() {
                Some(known) if touches(known.last, range.first) => known.last = known.last.max(range.last),
                _ => disjoint.push(range),
            }
        }
        Self {
            enabled,
            ranges: disjoint.into(),
            ignored: ignored.into(),
        }
    }

    /// Returns `false` when the project does not use IP rules, so that every address may call.
    pub(crate) fn enabled(&self) -> bool {
        self.enabled
    }

    /// Checks an address. Enabled rules without any range allow no address.
    pub(crate) fn allows(&self, ip: IpAddr) -> bool {
        if !self.enabled {
            return true;
        }
        let ip = ip.to_canonical();
        let after = self.ranges.partition_point(|range| range.first <= ip);
        let candidate = after.checked_sub(1).and_then(|index| self.ranges.get(index));
        // every IPv4 address is less than every IPv6 address
        candidate.is_some_and(|range| ip <= range.last)
    }

    /// The number of separate ranges of addresses.
    pub(crate) fn ranges(&self) -> usize {
        self.ranges.len()
    }

    pub(crate) fn ignored(&self) -> &[String] {
        &self.ignored
    }
}

/// Returns `true` when `first` lies in a range that ends with `last`, or directly behind it. `first` is not less than the
/// beginning of that range.
fn touches(last: IpAddr, first: IpAddr) -> bool {
    match (last, first) {
        (IpAddr::V4(last), IpAddr::V4(first)) => u32::from(first) <= u32::from(last).saturating_add(1),
        (IpAddr::V6(last), IpAddr::V6(first)) => u128::from(first) <= u128::from(last).saturating_add(1),
        _ => false,
    }
}
