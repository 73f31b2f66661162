//! The findings of a diagnosis, as plain data.

use std::fmt;

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// No action is needed.
    Ok,
    /// It works, but deserves attention.
    Warning,
    /// Something does not work.
    Problem,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "PROBLEM",
        })
    }
}

/// The subject of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Topic {
    /// Local or connected, development or production.
    Mode,
    /// Presence and validity of the secrets, never their values.
    Secrets,
    /// The Forest server.
    Server,
    /// This machine's clock.
    Clock,
    /// The program's own address, as browsers see it.
    Address,
    /// The origins that may call the agent.
    Cors,
    /// The project's IP rules.
    IpRules,
    /// The Forest server's events.
    Events,
    /// The schema file.
    SchemaFile,
    /// The publication of the schema to the Forest server.
    Publication,
    /// The audit trail.
    Audit,
    /// The permissions and the users of the project.
    Permissions,
    /// The record source.
    Records,
    /// The crates whose actions are linked into the program.
    Crates,
    /// One action.
    Action,
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Mode => "mode",
            Self::Secrets => "secrets",
            Self::Server => "server",
            Self::Clock => "clock",
            Self::Address => "address",
            Self::Cors => "CORS",
            Self::IpRules => "IP rules",
            Self::Events => "events",
            Self::SchemaFile => "schema",
            Self::Publication => "published",
            Self::Audit => "audit",
            Self::Permissions => "permissions",
            Self::Records => "records",
            Self::Crates => "crates",
            Self::Action => "action",
        })
    }
}

/// One result of a diagnosis, with advice where something is wrong. No text holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The severity.
    pub severity: Severity,
    /// The topic.
    pub topic: Topic,
    /// The action as `collection: Name`, for a finding about an action.
    pub subject: Option<String>,
    /// The finding in words.
    pub text: String,
    /// The remedy; present unless the severity is [`Severity::Ok`].
    pub advice: Option<String>,
}

impl Finding {
    pub(super) fn ok(topic: Topic, text: impl Into<String>) -> Self {
        Self {
            severity: Severity::Ok,
            topic,
            subject: None,
            text: text.into(),
            advice: None,
        }
    }

    pub(super) fn warning(topic: Topic, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            advice: Some(advice.into()),
            ..Self::ok(topic, text)
        }
    }

    pub(super) fn problem(topic: Topic, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            severity: Severity::Problem,
            ..Self::warning(topic, text, advice)
        }
    }

    pub(super) fn about(mut self, collection: &str, action: &str) -> Self {
        self.subject = Some(format!("{collection}: {action}"));
        self
    }
}

/// The result of [`Forest::doctor`](crate::Forest::doctor).
///
/// Its `Display` is one screen of plain text, at most 100 columns wide. A long list of actions is cut to the most severe
/// findings and a count; `{:#}` lists all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    findings: Vec<Finding>,
}

impl Diagnosis {
    pub(super) fn new(findings: Vec<Finding>) -> Self {
        Self { findings }
    }

    /// Returns `true` without a [`Severity::Problem`]; warnings leave an agent healthy.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.count(Severity::Problem) == 0
    }

    /// All findings: first those about the agent as a whole, then one per action, by collection and name.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The number of findings of a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }
}
