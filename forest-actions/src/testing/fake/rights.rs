//! The rights on collections and actions, and the JSON in which an agent reads them (protocol: permissions). Data only:
//! nothing is decided here.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A right on one action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ActionRight {
    /// The role may run the action.
    Trigger,
    /// The action needs an approval when this role runs it.
    ApprovalRequired,
    /// The role may approve requests of others.
    Approve,
    /// Members of the role may approve their own requests.
    SelfApprove,
}

/// A right on the records of one collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CollectionRight {
    /// The list of records.
    Browse,
    /// One record.
    Read,
    /// Changing records.
    Edit,
    /// Creating records.
    Add,
    /// Deleting records.
    Delete,
    /// Exporting the list.
    Export,
}

/// The roles that have a right.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Right {
    /// Every role: the boolean form `true`.
    Everybody,
    /// No role: the boolean form `false`.
    Nobody,
    /// These roles, by id, in this order.
    Roles(Vec<u64>),
}

impl Default for Right {
    fn default() -> Self {
        Self::Roles(Vec::new())
    }
}

impl ActionRight {
    const ALL: [Self; 4] = [Self::Trigger, Self::ApprovalRequired, Self::Approve, Self::SelfApprove];

    /// The key in the environment permissions.
    fn key(self) -> &'static str {
        match self {
            Self::Trigger => "triggerEnabled",
            Self::ApprovalRequired => "approvalRequired",
            Self::Approve => "userApprovalEnabled",
            Self::SelfApprove => "selfApprovalEnabled",
        }
    }

    /// The key of the list that holds its conditions. Self-approval uses those of approval.
    fn conditions_key(self) -> &'static str {
        match self {
            Self::Trigger => "triggerConditions",
            Self::ApprovalRequired => "approvalRequiredConditions",
            Self::Approve | Self::SelfApprove => "userApprovalConditions",
        }
    }
}

impl CollectionRight {
    const ALL: [Self; 6] = [
        Self::Browse,
        Self::Read,
        Self::Edit,
        Self::Add,
        Self::Delete,
        Self::Export,
    ];

    fn key(self) -> &'static str {
        match self {
            Self::Browse => "browseEnabled",
            Self::Read => "readEnabled",
            Self::Edit => "editEnabled",
            Self::Add => "addEnabled",
            Self::Delete => "deleteEnabled",
            Self::Export => "exportEnabled",
        }
    }
}

impl Right {
    fn to_json(&self) -> Value {
        match self {
            Self::Everybody => Value::Bool(true),
            Self::Nobody => Value::Bool(false),
            Self::Roles(roles) => json!({"roles": roles}),
        }
    }

    fn includes(&self, role: u64) -> bool {
        match self {
            Self::Everybody => true,
            Self::Nobody => false,
            Self::Roles(roles) => roles.contains(&role),
        }
    }

    /// Gives or takes the right. `all` replaces "everybody" when one role loses it.
    pub(super) fn set(&mut self, role: u64, allowed: bool, all: &[u64]) {
        if self.includes(role) == allowed {
            return;
        }
        let mut roles = match std::mem::take(self) {
            Self::Everybody => all.to_vec(),
            Self::Nobody => Vec::new(),
            Self::Roles(roles) => roles,
        };
        if allowed {
            roles.push(role);
        } else {
            roles.retain(|other| *other != role);
        }
        *self = Self::Roles(roles);
    }
}

/// The rights on one action.
#[derive(Debug, Clone, Default)]
pub(super) struct ActionEntry {
    rights: BTreeMap<ActionRight, Right>,
    /// By the key of their list; one entry per role, in the order in which they were set.
    conditions: BTreeMap<&'static str, Vec<(u64, Value)>>,
}

impl ActionEntry {
    pub(super) fn right_mut(&mut self, right: ActionRight) -> &mut Right {
        self.rights.entry(right).or_default()
    }

    pub(super) fn set_condition(&mut self, right: ActionRight, role: u64, filter: Option<Value>) {
        let list = self.conditions.entry(right.conditions_key()).or_default();
        list.retain(|(other, _)| *other != role);
        list.extend(filter.map(|filter| (role, filter)));
    }

    fn to_json(&self) -> Value {
        let mut entry = Map::new();
        for right in ActionRight::ALL {
            entry.insert(right.key().to_owned(), json_of(self.rights.get(&right)));
            let conditions = self.conditions.get(right.conditions_key());
            let conditions = conditions.into_iter().flatten();
            let conditions = conditions.map(|(role, filter)| json!({"roleId": role, "filter": filter}));
            // always present, even without conditions
            entry.insert(right.conditions_key().to_owned(), conditions.collect());
        }
        Value::Object(entry)
    }
}

/// The rights on one collection and its actions.
#[derive(Debug, Clone, Default)]
pub(super) struct CollectionEntry {
    rights: BTreeMap<CollectionRight, Right>,
    pub(super) actions: BTreeMap<String, ActionEntry>,
}

impl CollectionEntry {
    pub(super) fn right_mut(&mut self, right: CollectionRight) -> &mut Right {
        self.rights.entry(right).or_default()
    }

    /// Gives a role every right on the records.
    pub(super) fn give_all(&mut self, role: u64) {
        for right in CollectionRight::ALL {
            self.right_mut(right).set(role, true, &[]);
        }
    }

    pub(super) fn to_json(&self) -> Value {
        let rights: Map<String, Value> = CollectionRight::ALL
            .into_iter()
            .map(|right| (right.key().to_owned(), json_of(self.rights.get(&right))))
            .collect();
        let actions: Map<String, Value> = self
            .actions
            .iter()
            .map(|(name, action)| (name.clone(), action.to_json()))
            .collect();
        json!({"collection": rights, "actions": actions})
    }
}

fn json_of(right: Option<&Right>) -> Value {
    right.map_or_else(|| Right::default().to_json(), Right::to_json)
}
