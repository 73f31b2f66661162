//! What a diagnosis is made of. Plain data, for the screen and for programs.

use std::fmt;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// As it should be.
    Ok,
    /// It works, and deserves a look.
    Warning,
    /// Something does not work for somebody.
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

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Topic {
    /// Local or connected, development or production.
    Mode,
    /// The secrets: whether they are there and known, never what they are.
    Secrets,
    /// The Forest server.
    Server,
    /// This machine's clock.
    Clock,
    /// The program's own address, as browsers see it.
    Address,
    /// Which pages may call the agent.
    Cors,
    /// The project's rules about client addresses.
    IpRules,
    /// The Forest server's events.
    Events,
    /// The schema file.
    SchemaFile,
    /// Whether the Forest server has the schema.
    Publication,
    /// The permissions and the users of the project.
    Permissions,
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
            Self::Permissions => "permissions",
            Self::Action => "action",
        })
    }
}

/// One thing that was found: one cause, and, where something is wrong, one thing to do. No text holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub topic: Topic,
    /// The action, as `collection: Name`, of a finding about one.
    pub subject: Option<String>,
    /// What was found.
    pub text: String,
    /// What to do; there for whatever is not [`Severity::Ok`].
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

/// What [`Forest::doctor`](crate::Forest::doctor) found.
///
/// Its `Display` is one screen of plain text, at most 100 columns wide. Many actions are cut to those that
/// need a look, and a count; `{:#}` lists all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    findings: Vec<Finding>,
}

impl Diagnosis {
    pub(super) fn new(findings: Vec<Finding>) -> Self {
        Self { findings }
    }

    /// Whether there is no problem. Warnings leave an agent healthy.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.count(Severity::Problem) == 0
    }

    /// Everything that was found: the agent as a whole first, then the actions by collection and name, one finding each.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many findings of this severity there are.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }
}
