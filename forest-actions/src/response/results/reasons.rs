//! The reasons of records that were not acted on, grouped.

use serde::Serialize;

use super::refusal::Refusal;

/// Ids that are kept; later ones are counted only.
const KEPT_IDS: usize = 1_000;
/// Distinct reasons that are kept. Texts may hold values, so that each record has a reason of its own.
const KEPT_REASONS: usize = 1_000;

/// Records of one outcome, by reason. Counts are exact.
#[derive(Debug, Default)]
pub(super) struct Reasons {
    count: u64,
    kept_ids: usize,
    groups: Vec<Group>,
    /// Records whose reason is not kept.
    other: u64,
}

/// Records with one reason.
#[derive(Debug, Serialize)]
pub(super) struct Group {
    #[serde(flatten)]
    pub(super) reason: Reason,
    pub(super) count: u64,
    pub(super) ids: Vec<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Reason {
    pub(super) code: String,
    pub(super) text: String,
}

impl Reasons {
    pub(super) fn add(&mut self, id: &dyn std::fmt::Display, reason: &Refusal) {
        self.count += 1;
        let is_same = |group: &Group| group.reason.code == reason.code() && group.reason.text == reason.text();
        let place = self.groups.iter().position(is_same);
        let place = match place {
            Some(place) => place,
            None if self.groups.len() == KEPT_REASONS => {
                self.other += 1;
                return;
            }
            None => {
                self.groups.push(Group {
                    reason: Reason {
                        code: reason.code().to_owned(),
                        text: reason.text().to_owned(),
                    },
                    count: 0,
                    ids: Vec::new(),
                });
                self.groups.len() - 1
            }
        };
        let Some(group) = self.groups.get_mut(place) else {
            return;
        };
        group.count += 1;
        if self.kept_ids < KEPT_IDS {
            self.kept_ids += 1;
            group.ids.push(id.to_string());
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The groups, in the order of their first record.
    pub(super) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Whether an id or a reason was left out.
    pub(super) fn is_truncated(&self) -> bool {
        u64::try_from(self.kept_ids).is_ok_and(|kept| kept < self.count)
    }
}
