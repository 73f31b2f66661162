//! Facts in, findings out: each row is one state of the world and the line that people read about it.

mod actions;
#[cfg(feature = "server")]
mod address;
mod agent;
#[cfg(feature = "server")]
mod connected;
#[cfg(feature = "server")]
mod roles;
mod screen;

use super::finding::{Finding, Severity};

/// A finding as one line, and whether it keeps the rule about advice.
fn line(finding: &Finding) -> String {
    assert_eq!(
        finding.advice.is_none(),
        finding.severity == Severity::Ok,
        "advice where something is wrong, and nowhere else: {finding:?}"
    );
    format!("{} {}: {}", finding.severity, finding.topic, finding.text)
}

fn lines(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(line).collect()
}

/// The one line about a topic.
fn about(findings: &[Finding], topic: super::Topic) -> String {
    let found: Vec<String> = findings
        .iter()
        .filter(|finding| finding.topic == topic)
        .map(line)
        .collect();
    assert_eq!(found.len(), 1, "{topic}: {found:?}");
    found.concat()
}
