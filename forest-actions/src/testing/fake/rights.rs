//! Who may do what with a collection and its actions, and the JSON in which an agent reads it (protocol:
//! permissions). Data only: roles are numbers here, and nothing is decided.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// A right about one action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionRight {
    /// The role may run the action.
    Trigger,
    /// When the role runs the action, somebody has to approve it.
    ApprovalRequired,
    /// The role may approve what others ask for.
    Approve,
    /// The role may approve what its own members ask for themselves.
    SelfApprove,
}

/// A right about the records of one collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// Who has a right.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    pub(super) const ALL: [Self; 4] = [Self::Trigger, Self::ApprovalRequired, Self::Approve, Self::SelfApprove];

    /// The name in the environment's permissions.
    fn key(self) -> &'static str {
        match self {
            Self::Trigger => "triggerEnabled",
            Self::ApprovalRequired => "approvalRequired",
            Self::Approve => "userApprovalEnabled",
            Self::SelfApprove => "selfApprovalEnabled",
        }
    }

    /// The name in commands.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Trigger => "trigger",
            Self::ApprovalRequired => "approval_required",
            Self::Approve => "approve",
            Self::SelfApprove => "self_approve",
        }
    }

    /// The list that holds its conditions: self-approval is judged by those of approval.
    fn conditions_key(self) -> &'static str {
        match self {
            Self::Trigger => "triggerConditions",
            Self::ApprovalRequired => "approvalRequiredConditions",
            Self::Approve | Self::SelfApprove => "userApprovalConditions",
        }
    }
}

impl CollectionRight {
    pub(super) const ALL: [Self; 6] = [
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

    /// The name in commands.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Browse => "browse",
            Self::Read => "read",
            Self::Edit => "edit",
            Self::Add => "add",
            Self::Delete => "delete",
            Self::Export => "export",
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

    pub(super) fn includes(&self, role: u64) -> bool {
        match self {
            Self::Everybody => true,
            Self::Nobody => false,
            Self::Roles(roles) => roles.contains(&role),
        }
    }

    /// Gives or takes the right; `all` are the roles that "everybody" stands for when one of them loses it.
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

/// The rights about one action.
#[derive(Debug, Clone, Default)]
pub(super) struct ActionEntry {
    trigger: Right,
    approval_required: Right,
    approve: Right,
    self_approve: Right,
    /// By the key of their list; one entry per role, in the order in which they were set.
    conditions: BTreeMap<&'static str, Vec<(u64, Value)>>,
}

impl ActionEntry {
    pub(super) fn right(&self, right: ActionRight) -> &Right {
        match right {
            ActionRight::Trigger => &self.trigger,
            ActionRight::ApprovalRequired => &self.approval_required,
            ActionRight::Approve => &self.approve,
            ActionRight::SelfApprove => &self.self_approve,
        }
    }

    pub(super) fn right_mut(&mut self, right: ActionRight) -> &mut Right {
        match right {
            ActionRight::Trigger => &mut self.trigger,
            ActionRight::ApprovalRequired => &mut self.approval_required,
            ActionRight::Approve => &mut self.approve,
            ActionRight::SelfApprove => &mut self.self_approve,
        }
    }

    pub(super) fn condition(&self, right: ActionRight, role: u64) -> Option<&Value> {
        let list = self.conditions.get(right.conditions_key())?;
        list.iter().find(|(other, _)| *other == role).map(|(_, filter)| filter)
    }

    pub(super) fn set_condition(&mut self, right: ActionRight, role: u64, filter: Option<Value>) {
        let list = self.conditions.entry(right.conditions_key()).or_default();
        list.retain(|(other, _)| *other != role);
        list.extend(filter.map(|filter| (role, filter)));
    }

    fn to_json(&self) -> Value {
        let mut entry = Map::new();
        for right in ActionRight::ALL {
            entry.insert(right.key().to_owned(), self.right(right).to_json());
            let conditions = self.conditions.get(right.conditions_key());
            let conditions = conditions.into_iter().flatten();
            let conditions = conditions.map(|(role, filter)| json!({"roleId": role, "filter": filter}));
            // always present, even without conditions
            entry.insert(right.conditions_key().to_owned(), conditions.collect());
        }
        Value::Object(entry)
    }
}

/// The rights about one collection and its actions.
#[derive(Debug, Clone, Default)]
pub(super) struct CollectionEntry {
    browse: Right,
    read: Right,
    edit: Right,
    add: Right,
    delete: Right,
    export: Right,
    pub(super) actions: BTreeMap<String, ActionEntry>,
}

impl CollectionEntry {
    pub(super) fn right(&self, right: CollectionRight) -> &Right {
        match right {
            CollectionRight::Browse => &self.browse,
            CollectionRight::Read => &self.read,
            CollectionRight::Edit => &self.edit,
            CollectionRight::Add => &self.add,
            CollectionRight::Delete => &self.delete,
            CollectionRight::Export => &self.export,
        }
    }

    pub(super) fn right_mut(&mut self, right: CollectionRight) -> &mut Right {
        match right {
            CollectionRight::Browse => &mut self.browse,
            CollectionRight::Read => &mut self.read,
            CollectionRight::Edit => &mut self.edit,
            CollectionRight::Add => &mut self.add,
            CollectionRight::Delete => &mut self.delete,
            CollectionRight::Export => &mut self.export,
        }
    }

    pub(super) fn to_json(&self) -> Value {
        let rights: Map<String, Value> = CollectionRight::ALL
            .into_iter()
            .map(|right| (right.key().to_owned(), self.right(right).to_json()))
            .collect();
        let actions: Map<String, Value> = self
            .actions
            .iter()
            .map(|(name, action)| (name.clone(), action.to_json()))
            .collect();
        json!({"collection": rights, "actions": actions})
    }
}
