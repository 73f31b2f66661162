//! The IP rules of an environment, compiled once for each refresh (NET-07).

use std::net::IpAddr;

use serde::Deserialize;

use super::Block;
use crate::decide::facts::{Malformed, from_json};
use crate::text::excerpt;

/// Compiled rules: sorted, overlapping ones joined, so that a question is one binary search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct IpRules {
    enabled: bool,
    v4: Box<[(u32, u32)]>,
    v6: Box<[(u128, u128)]>,
    ignored: Box<[String]>,
}

impl IpRules {
    /// Reads and compiles the answer of the Forest server. A rule that makes no sense is left out, the others stay in
    /// force; see [`Self::ignored`].
    ///
    /// # Errors
    /// [`Malformed`] naming the place, when the answer as a whole has another shape than the protocol's.
    pub(crate) fn from_json(payload: &[u8]) -> Result<Self, Malformed> {
        let document: Document = from_json(payload)?;
        let attributes = document.data.attributes;
        let mut v4 = Vec::new();
        let mut v6 = Vec::new();
        let mut ignored = Vec::new();
        for (index, rule) in attributes.rules.unwrap_or_default().into_iter().enumerate() {
            match compile(&rule) {
                Ok(Block::V4(first, last)) => v4.push((u32::from(first), u32::from(last))),
                Ok(Block::V6(first, last)) => v6.push((u128::from(first), u128::from(last))),
                Err(problem) => ignored.push(format!(
                    "rule {}: {problem}: {}",
                    index + 1,
                    excerpt(&rule.to_string(), 200)
                )),
            }
        }
        Ok(Self {
            enabled: attributes.use_ip_whitelist,
            v4: joined(v4, |end| end.checked_add(1)),
            v6: joined(v6, |end| end.checked_add(1)),
            ignored: ignored.into(),
        })
    }

    /// Whether the rules are in use. When they are not, every address may call.
    pub(crate) fn enabled(&self) -> bool {
        self.enabled
    }

    /// Whether this address may call. With the feature on and without any rule, none may.
    pub(crate) fn allows(&self, ip: IpAddr) -> bool {
        !self.enabled
            || match ip.to_canonical() {
                IpAddr::V4(ip) => holds(&self.v4, u32::from(ip)),
                IpAddr::V6(ip) => holds(&self.v6, u128::from(ip)),
            }
    }

    /// How many separate ranges of addresses may call.
    pub(crate) fn ranges(&self) -> usize {
        self.v4.len() + self.v6.len()
    }

    /// What was left out and why, fit for a log.
    pub(crate) fn ignored(&self) -> &[String] {
        &self.ignored
    }
}

#[derive(Deserialize)]
struct Document {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    attributes: Attributes,
}

#[derive(Deserialize)]
struct Attributes {
    #[serde(alias = "useIpWhitelist")]
    use_ip_whitelist: bool,
    // each is read by itself, since one bad rule must not take the others away
    rules: Option<Vec<serde_json::Value>>,
}

#[derive(Deserialize)]
struct Rule {
    #[serde(rename = "type")]
    kind: u64,
    ip: Option<String>,
    #[serde(alias = "ipMinimum")]
    ip_minimum: Option<String>,
    #[serde(alias = "ipMaximum")]
    ip_maximum: Option<String>,
    range: Option<String>,
}

fn compile(rule: &serde_json::Value) -> Result<Block, String> {
    let rule = Rule::deserialize(rule).map_err(|error| excerpt(&error.to_string(), 100))?;
    let member = |name: &str, value: Option<String>| value.ok_or_else(|| format!("`{name}` is missing"));
    match rule.kind {
        0 => Block::address(&member("ip", rule.ip)?),
        1 => Block::range(
            &member("ip_minimum", rule.ip_minimum)?,
            &member("ip_maximum", rule.ip_maximum)?,
        ),
        2 => Block::subnet(&member("range", rule.range)?),
        other => Err(format!("the type {other} is unknown")),
    }
}

/// Sorted, and with overlapping and touching ranges as one.
fn joined<T: Ord + Copy>(mut ranges: Vec<(T, T)>, after: impl Fn(T) -> Option<T>) -> Box<[(T, T)]> {
    ranges.sort_unstable();
    let mut result: Vec<(T, T)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match result.last_mut() {
            Some((_, end)) if after(*end).is_none_or(|next| first <= next) => *end = last.max(*end),
            _ => result.push((first, last)),
        }
    }
    result.into()
}

fn holds<T: Ord + Copy>(ranges: &[(T, T)], ip: T) -> bool {
    let after = ranges.partition_point(|(first, _)| *first <= ip);
    after
        .checked_sub(1)
        .and_then(|index| ranges.get(index))
        .is_some_and(|(_, last)| ip <= *last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(enabled: bool, rules: &str) -> IpRules {
        let text = format!(
            r#"{{"data":{{"type":"ip-whitelist-rules","id":"1","attributes":{{"use_ip_whitelist":{enabled},"rules":{rules}}}}}}}"#
        );
        IpRules::from_json(text.as_bytes()).expect(&text)
    }

    fn allows(rules: &IpRules, ip: &str) -> bool {
        rules.allows(ip.parse().expect(ip))
    }

    #[test]
    fn net_07_the_three_kinds_of_rules_with_both_spellings() {
        let rules = rules(
            true,
            r#"[{"type":0,"ip":"90.88.0.1"},{"type":1,"ip_minimum":"10.0.0.0","ip_maximum":"10.0.0.255"},
               {"type":1,"ipMinimum":"2001:db8::1","ipMaximum":"2001:db8::f"},{"type":2,"range":"192.168.0.0/16"},
               {"type":0,"ip":"::1"}]"#,
        );
        for ip in [
            "90.88.0.1",
            "::ffff:90.88.0.1",
            "10.0.0.0",
            "10.0.0.255",
            "2001:db8::a",
            "192.168.9.9",
            "::1",
        ] {
            assert!(allows(&rules, ip), "{ip}");
        }
        for ip in [
            "90.88.0.2",
            "10.0.1.0",
            "9.255.255.255",
            "2001:db8::10",
            "192.169.0.0",
            "127.0.0.1",
            "::",
        ] {
            assert!(!allows(&rules, ip), "{ip}");
        }
        assert!(rules.ignored().is_empty() && rules.enabled());
    }

    #[test]
    fn the_feature_off_allows_all_and_on_without_rules_none() {
        assert!(allows(&rules(false, "[]"), "1.2.3.4"));
        assert!(!allows(&rules(true, "[]"), "1.2.3.4"));
        assert!(!allows(&rules(true, "null"), "127.0.0.1"));
    }

    #[test]
    fn net_07_a_rule_without_sense_is_left_out_and_the_others_stay() {
        let rules = rules(
            true,
            r#"[{"type":9,"ip":"1.1.1.1"},{"type":0},{"type":0,"ip":"x\ny"},{"type":1,"ip_minimum":"2.2.2.2","ip_maximum":"1.1.1.1"},
               {"type":2,"range":"3.3.3.3"},7,{"type":"0","ip":"1.1.1.1"},{"type":0,"ip":5},{"type":0,"ip":"4.4.4.4"}]"#,
        );
        assert_eq!(rules.ignored().len(), 8);
        assert!(
            rules
                .ignored()
                .iter()
                .all(|text| !text.contains('\n') && text.starts_with("rule "))
        );
        assert!(allows(&rules, "4.4.4.4") && !allows(&rules, "1.1.1.1"));
    }

    #[test]
    fn overlapping_ranges_are_one() {
        let rules = rules(
            true,
            r#"[{"type":2,"range":"10.0.0.0/24"},{"type":2,"range":"10.0.0.0/8"},{"type":0,"ip":"10.0.0.7"},
               {"type":0,"ip":"11.0.0.0"},{"type":0,"ip":"255.255.255.255"},{"type":2,"range":"::/0"},{"type":0,"ip":"::1"}]"#,
        );
        assert_eq!((rules.v4.len(), rules.v6.len()), (2, 1));
        assert!(allows(&rules, "10.200.0.1") && allows(&rules, "11.0.0.0") && !allows(&rules, "11.0.0.1"));
        assert!(allows(&rules, "255.255.255.255") && allows(&rules, "ffff::1"));
    }

    #[test]
    fn an_answer_of_another_shape_is_an_error() {
        for text in [
            "",
            "true",
            "{}",
            "<html>",
            r#"{"data":{"attributes":{}}}"#,
            r#"{"data":{"attributes":{"use_ip_whitelist":"yes","rules":[]}}}"#,
            r#"{"data":{"attributes":{"use_ip_whitelist":true,"rules":{}}}}"#,
        ] {
            assert!(IpRules::from_json(text.as_bytes()).is_err(), "{text}");
        }
    }
}
