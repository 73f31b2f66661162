//! The IP rules of an environment (protocol: IP whitelist).

use serde::Deserialize;
use serde_json::Value;

use super::{Malformed, from_json};
use crate::ip::rules::{IpRange, IpRules};
use crate::ip::subnet::{InvalidAddress, address, subnet};
use crate::text::excerpt;

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
    rules: Option<Vec<Value>>,
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

#[derive(Debug, thiserror::Error)]
enum InvalidRule {
    #[error("{0}")]
    Shape(String),
    #[error("the type {0} is unknown")]
    Type(u64),
    #[error("`{0}` is missing")]
    Missing(&'static str),
    #[error(transparent)]
    Address(#[from] InvalidAddress),
    #[error("the range ends before it begins, or in the other address family")]
    Range,
}

/// Reads the IP rules. An invalid rule is ignored and the others stay in force; see [`IpRules::ignored`].
///
/// # Errors
/// [`Malformed`] for a document of another shape.
pub(crate) fn ip_rules(payload: &[u8]) -> Result<IpRules, Malformed> {
    let document: Document = from_json(payload)?;
    let attributes = document.data.attributes;
    let mut ranges = Vec::new();
    let mut ignored = Vec::new();
    for (index, rule) in attributes.rules.unwrap_or_default().into_iter().enumerate() {
        match range(&rule) {
            Ok(range) => ranges.push(range),
            Err(problem) => {
                let rule = excerpt(&rule.to_string(), 200);
                ignored.push(format!("rule {}: {problem}: {rule}", index + 1));
            }
        }
    }
    Ok(IpRules::new(attributes.use_ip_whitelist, ranges, ignored))
}

fn range(rule: &Value) -> Result<IpRange, InvalidRule> {
    let rule = Rule::deserialize(rule).map_err(|error| InvalidRule::Shape(excerpt(&error.to_string(), 100)))?;
    let member = |name, value: Option<String>| value.ok_or(InvalidRule::Missing(name));
    match rule.kind {
        0 => Ok(address(&member("ip", rule.ip)?)?.into()),
        1 => {
            let first = address(&member("ip_minimum", rule.ip_minimum)?)?;
            let last = address(&member("ip_maximum", rule.ip_maximum)?)?;
            IpRange::new(first, last).ok_or(InvalidRule::Range)
        }
        2 => Ok(subnet(&member("range", rule.range)?)?.into()),
        other => Err(InvalidRule::Type(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(enabled: bool, rules: &str) -> IpRules {
        let text = format!(
            r#"{{"data":{{"type":"ip-whitelist-rules","id":"1","attributes":{{"use_ip_whitelist":{enabled},"rules":{rules}}}}}}}"#
        );
        ip_rules(text.as_bytes()).expect(&text)
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
    fn net_07_ranges_are_inclusive_and_of_one_family() {
        for (range, inside, outside) in [
            (
                r#""ip_minimum":"10.0.0.2","ip_maximum":"10.0.0.4""#,
                "10.0.0.4",
                "10.0.0.5",
            ),
            (
                r#""ip_minimum":"10.0.0.2","ip_maximum":"10.0.0.4""#,
                "10.0.0.2",
                "10.0.0.1",
            ),
            (
                r#""ip_minimum":"::ffff:10.0.0.2","ip_maximum":"10.0.0.4""#,
                "10.0.0.3",
                "::3",
            ),
            (
                r#""ip_minimum":"2001:db8::","ip_maximum":"2001:db8::f""#,
                "2001:db8::a",
                "2001:db8::10",
            ),
        ] {
            let rules = rules(true, &format!(r#"[{{"type":1,{range}}}]"#));
            assert!(allows(&rules, inside), "{range} {inside}");
            assert!(!allows(&rules, outside), "{range} {outside}");
        }
        for range in [
            r#""ip_minimum":"10.0.0.2","ip_maximum":"10.0.0.1""#,
            r#""ip_minimum":"10.0.0.2","ip_maximum":"::1""#,
        ] {
            assert_eq!(rules(true, &format!(r#"[{{"type":1,{range}}}]"#)).ignored().len(), 1);
        }
    }

    #[test]
    fn disabled_rules_allow_every_address_and_enabled_ones_without_rules_none() {
        assert!(allows(&rules(false, "[]"), "1.2.3.4"));
        assert!(!allows(&rules(true, "[]"), "1.2.3.4"));
        assert!(!allows(&rules(true, "null"), "127.0.0.1"));
    }

    #[test]
    fn net_07_an_invalid_rule_is_ignored_and_the_others_stay() {
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
    fn overlapping_and_adjacent_ranges_are_joined() {
        let v4 = r#"{"type":2,"range":"10.0.0.0/24"},{"type":2,"range":"10.0.0.0/8"},{"type":0,"ip":"10.0.0.7"},
               {"type":0,"ip":"11.0.0.0"},{"type":0,"ip":"255.255.255.255"}"#;
        let v6 = r#"{"type":2,"range":"::/0"},{"type":0,"ip":"::1"}"#;
        assert_eq!(rules(true, &format!("[{v4}]")).ranges(), 2);
        assert_eq!(rules(true, &format!("[{v6}]")).ranges(), 1);
        let rules = rules(true, &format!("[{v4},{v6}]"));
        assert_eq!(rules.ranges(), 3);
        assert!(allows(&rules, "10.200.0.1") && allows(&rules, "11.0.0.0") && !allows(&rules, "11.0.0.1"));
        assert!(allows(&rules, "255.255.255.255") && allows(&rules, "ffff::1"));
    }

    #[test]
    fn a_document_of_another_shape_is_an_error() {
        for text in [
            "",
            "true",
            "{}",
            "<html>",
            r#"{"data":{"attributes":{}}}"#,
            r#"{"data":{"attributes":{"use_ip_whitelist":"yes","rules":[]}}}"#,
            r#"{"data":{"attributes":{"use_ip_whitelist":true,"rules":{}}}}"#,
        ] {
            assert!(ip_rules(text.as_bytes()).is_err(), "{text}");
        }
    }
}
