//! The rules about client addresses that the fake server hands out (protocol: IP whitelist). It never applies them.

use serde_json::{Value, json};

/// A rule about client addresses, sent as it is written: a rule that makes no sense can be sent as well.
#[derive(Debug, Clone, PartialEq)]
pub enum IpRule {
    /// One address.
    Address(String),
    /// From one address to another, both included.
    Range(String, String),
    /// The same in the spelling of newer servers (`ipMinimum`, `ipMaximum`).
    CamelCaseRange(String, String),
    /// A network, such as `192.168.0.0/16`.
    Subnet(String),
    /// Anything else, such as a rule of a type that does not exist.
    Raw(Value),
}

impl IpRule {
    fn to_json(&self) -> Value {
        match self {
            Self::Address(ip) => json!({"type": 0, "ip": ip}),
            Self::Range(from, to) => json!({"type": 1, "ip_minimum": from, "ip_maximum": to}),
            Self::CamelCaseRange(from, to) => json!({"type": 1, "ipMinimum": from, "ipMaximum": to}),
            Self::Subnet(range) => json!({"type": 2, "range": range}),
            Self::Raw(rule) => rule.clone(),
        }
    }
}

/// The rules, and whether they are in force.
#[derive(Debug, Default)]
pub(super) struct IpRules {
    pub(super) enabled: bool,
    pub(super) rules: Vec<IpRule>,
}

impl IpRules {
    pub(super) fn to_json(&self) -> Value {
        let rules: Vec<Value> = self.rules.iter().map(IpRule::to_json).collect();
        json!({"data": {"type": "ip-whitelist-rules", "id": "1", "attributes": {
            "use_ip_whitelist": self.enabled,
            "rules": rules,
        }}})
    }
}
