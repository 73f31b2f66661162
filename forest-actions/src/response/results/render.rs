//! The answer that results become: one sentence, a panel with the reasons, and numbers for programs.
//!
//! Clients of the protocol understand 200 with `success` and `html`, and 400 with `error` and `html`; they ignore `results`.

use std::cmp::Reverse;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::reasons::{Group, Reason};
use super::texts::{Count, Texts};
use super::{Results, Stop};
use crate::response::error::ActionError;
use crate::text::{html_escaped, shortened};

/// Reasons in the panel.
const SHOWN_REASONS: usize = 20;
/// Ids of each reason in the panel.
const SHOWN_IDS: usize = 10;
/// Maximum size of the panel, in bytes.
const PANEL: usize = 8 * 1024;
/// What the end of the panel may need of it.
const PANEL_END: usize = 256;
/// Reasons in `results`.
const LISTED_REASONS: usize = 100;

/// The members of the answer.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) text: String,
    pub(crate) html: Option<String>,
    /// In the order of the documentation, which a `Value` would lose.
    pub(crate) results: Option<Box<RawValue>>,
}

/// The numbers and reasons, for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Listed<'a> {
    succeeded: u64,
    refused: u64,
    failed: u64,
    not_attempted: u64,
    reasons: Vec<ListedReason<'a>>,
    truncated: bool,
}

#[derive(Serialize)]
struct ListedReason<'a> {
    #[serde(flatten)]
    reason: &'a Reason,
    outcome: &'static str,
    count: u64,
    ids: &'a [String],
}

impl Results {
    /// The answer: a success if a record was done or none was selected.
    ///
    /// # Errors
    /// 400 if none was done or all was rolled back, 500 if all failed unexpectedly, and the error of a source that could not be
    /// read from the start.
    pub(crate) fn verdict(mut self, texts: &dyn Texts) -> Result<Summary, ActionError> {
        if let Some(error) = self.broken.take() {
            if self.attempted() == 0 {
                return Err(error);
            }
            let reference = self.reference();
            tracing::error!(reference, error = error.chain(), "the records cannot be read any more");
            self.stopped = Some(Stop::Unreadable);
        }
        if self.is_success() {
            return Ok(self.summary(texts));
        }
        if !self.rolled_back && self.unexpected > 0 && self.unexpected == self.attempted() {
            let reference = self.reference();
            return Err(ActionError::internal("every record failed").referenced(reference));
        }
        Err(ActionError::of_results(self, texts))
    }

    pub(crate) fn is_success(&self) -> bool {
        self.is_complete() || (self.done > 0 && !self.rolled_back)
    }

    pub(crate) fn summary(&self, texts: &dyn Texts) -> Summary {
        if self.is_complete() {
            return Summary {
                text: self.done_text(texts),
                html: None,
                results: None,
            };
        }
        let shortfalls = self.shortfalls(texts, Count::plain, |reason| reason.to_owned());
        let text = match () {
            () if self.rolled_back => format!("{}: {}", texts.nothing_changed(), shortfalls.join(", ")),
            () if self.done == 0 => {
                let nothing = self.nothing_done.clone().unwrap_or_else(|| texts.nothing_done());
                let reason = self.refused.groups().first().filter(|_| self.of_one);
                let why = reason.map_or_else(|| shortfalls.join(", "), |group| group.reason.text.clone());
                format!("{nothing}: {why}")
            }
            () => {
                let parts = std::iter::once(self.done_text(texts)).chain(shortfalls);
                parts.collect::<Vec<_>>().join(", ")
            }
        };
        Summary {
            text,
            html: Some(self.panel(texts) + &self.link(texts)),
            results: to_raw_value(&self.listed()).ok(),
        }
    }

    fn done_text(&self, texts: &dyn Texts) -> String {
        let given = self.message.clone();
        given.unwrap_or_else(|| self.done_in_words(texts))
    }

    /// The number of records that stay done.
    fn kept(&self) -> u64 {
        if self.rolled_back { 0 } else { self.done }
    }

    /// What was not done, in words. Zeros are left out.
    fn shortfalls(&self, texts: &dyn Texts, count: fn(u64) -> Count, reason: fn(&str) -> String) -> Vec<String> {
        let mut parts = Vec::new();
        if self.refused.count() > 0 {
            parts.push(texts.refused(count(self.refused.count())));
        }
        if self.failed.count() > 0 {
            parts.push(texts.failed(count(self.failed.count()), self.reference.as_deref()));
        }
        let left = self.not_attempted_count();
        if left > 0 || (self.found.is_none() && self.stopped.is_some()) {
            let left = self.found.map(|_| count(left));
            let text = texts.not_attempted(left);
            parts.push(match &self.stopped {
                Some(Stop::Reason(why)) => format!("{text}: {}", reason(why)),
                Some(Stop::Failures(number)) => format!("{text}: {}", texts.failures_in_a_row(Count::plain(*number))),
                Some(Stop::Unreadable) => format!("{text}: {}", texts.unreadable()),
                None => text,
            });
        }
        parts
    }

    /// All reasons with their outcome, the most frequent first.
    fn groups(&self) -> Vec<(&'static str, &Group)> {
        let refused = self.refused.groups().iter().map(|group| ("refused", group));
        let failed = self.failed.groups().iter().map(|group| ("failed", group));
        let mut groups: Vec<_> = refused.chain(failed).collect();
        groups.sort_by_key(|(_, group)| Reverse(group.count));
        groups
    }

    pub(crate) fn listed(&self) -> Listed<'_> {
        let groups = self.groups();
        let is_truncated = self.refused.is_truncated() || self.failed.is_truncated() || groups.len() > LISTED_REASONS;
        let reasons = groups.iter().take(LISTED_REASONS).map(|(outcome, group)| ListedReason {
            reason: &group.reason,
            outcome,
            count: group.count,
            ids: &group.ids,
        });
        Listed {
            succeeded: self.kept(),
            refused: self.refused.count(),
            failed: self.failed.count(),
            not_attempted: self.not_attempted_count(),
            reasons: reasons.collect(),
            truncated: is_truncated,
        }
    }

    /// The panel, of at most 8 KiB, without the link to a file.
    pub(crate) fn panel(&self, texts: &dyn Texts) -> String {
        let mut parts = Vec::new();
        if self.kept() > 0 {
            parts.push(texts.done(Count::bold(self.kept())));
        }
        parts.extend(self.shortfalls(texts, Count::bold, html_escaped));
        self.reasons_below(&parts.join(", "), texts)
    }

    /// A panel about the records that would be refused, before a run.
    pub(crate) fn foreseen_panel(&self, texts: &dyn Texts, selected: u64) -> String {
        let text = texts.cannot_run(Count::bold(self.refused.count()), Count::bold(selected));
        self.reasons_below(&text, texts)
    }

    /// The reasons as JSON.
    pub(crate) fn reasons(&self) -> Option<Box<RawValue>> {
        to_raw_value(&self.listed().reasons).ok()
    }

    /// A panel with a text and the list of reasons.
    fn reasons_below(&self, text: &str, texts: &dyn Texts) -> String {
        let mut html = format!("<p>{text}</p>");
        let groups = self.groups();
        let mut items = String::new();
        let mut shown = 0;
        for (_, group) in groups.iter().take(SHOWN_REASONS) {
            let item = self.item(group, texts);
            if html.len() + items.len() + item.len() + PANEL_END > PANEL {
                break;
            }
            items.push_str(&item);
            shown += group.count;
        }
        let more = (self.refused.count() + self.failed.count()).saturating_sub(shown);
        if more > 0 {
            let _ = write!(items, "<li>{}</li>", texts.and_more(Count::plain(more)));
        }
        if !items.is_empty() {
            let _ = write!(html, "<ul>{items}</ul>");
        }
        block(&html)
    }

    /// One reason: how many records, why, and the first of them.
    fn item(&self, group: &Group, texts: &dyn Texts) -> String {
        let mut item = format!("<li>{} {}", group.count, html_escaped(&group.reason.text));
        let ids = group.ids.iter().take(SHOWN_IDS);
        let ids: Vec<String> = ids.map(|id| html_escaped(&shortened(id))).collect();
        if !ids.is_empty() {
            let _ = write!(item, ": {}", self.named(&ids.join(", "), texts));
            let more = group.count.saturating_sub(u64::try_from(ids.len()).unwrap_or(u64::MAX));
            if more > 0 {
                let _ = write!(item, " {}", texts.and_more(Count::plain(more)));
            }
        }
        item.push_str("</li>");
        item
    }
}

/// A block of HTML with the margins of the back office.
pub(crate) fn block(html: &str) -> String {
    format!("<div class=\"c-clr-1-4 l-mt l-mb\">{html}</div>")
}
