//! The results in an answer.

use serde_json::Value;

use super::answer::TestAnswer;

/// What became of each record, from [`TestAnswer::results`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TestResults<'a> {
    /// Records that were done.
    pub succeeded: u64,
    /// Records that a rule refused.
    pub refused: u64,
    /// Records that failed.
    pub failed: u64,
    /// Records that were not attempted.
    pub not_attempted: u64,
    reasons: &'a [Value],
}

impl<'a> TestResults<'a> {
    /// The ids of the records that were refused or failed for the reason with this code; empty without such records.
    #[must_use]
    pub fn ids(&self, code: &str) -> Vec<&'a str> {
        let reasons = self.reasons.iter().filter(|reason| reason["code"] == code);
        let ids = reasons.filter_map(|reason| reason["ids"].as_array()).flatten();
        ids.filter_map(Value::as_str).collect()
    }
}

impl TestAnswer {
    /// What became of each record, when not all of them were done.
    ///
    /// # Panics
    /// The answer has no results.
    #[track_caller]
    #[must_use]
    pub fn results(&self) -> TestResults<'_> {
        let Some(results) = self.member("results") else {
            self.fail("results")
        };
        let number = |name: &str| results[name].as_u64().unwrap_or_default();
        TestResults {
            succeeded: number("succeeded"),
            refused: number("refused"),
            failed: number("failed"),
            not_attempted: number("notAttempted"),
            reasons: results["reasons"].as_array().map(Vec::as_slice).unwrap_or_default(),
        }
    }
}
