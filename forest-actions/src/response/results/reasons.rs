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
        let keeps_id = self.kept_ids < KEPT_IDS;
        if let Some(group) = self.grown(1, reason.code(), reason.text())
            && keeps_id
        {
            group.ids.push(id.to_string());
            self.kept_ids += 1;
        }
    }

    /// Counts records whose ids are not known.
    pub(super) fn add_unnamed(&mut self, count: u64, reason: &Refusal) {
        if count > 0 {
            self.grown(count, reason.code(), reason.text());
        }
    }

    /// Adds the records of `others`.
    pub(super) fn absorb(&mut self, others: Self) {
        let of_groups: u64 = others.groups.iter().map(|group| group.count).sum();
        self.count += others.count - of_groups;
        for group in others.groups {
            let space = KEPT_IDS - self.kept_ids;
            if let Some(own) = self.grown(group.count, &group.reason.code, &group.reason.text) {
                let before = own.ids.len();
                own.ids.extend(group.ids.into_iter().take(space));
                self.kept_ids += own.ids.len() - before;
            }
        }
    }

    /// Adds to the group of a reason; `None` if it is not kept.
    fn grown(&mut self, count: u64, code: &str, text: &str) -> Option<&mut Group> {
        self.count += count;
        let is_same = |group: &Group| group.reason.code == code && group.reason.text == text;
        let place = match self.groups.iter().position(is_same) {
            Some(place) => place,
            None if self.groups.len() >= KEPT_REASONS => return None,
            None => {
                self.groups.push(Group {
                    reason: Reason {
                        code: code.to_owned(),
                        text: text.to_owned(),
                    },
                    count: 0,
                    ids: Vec::new(),
                });
                self.groups.len() - 1
            }
        };
        let group = self.groups.get_mut(place)?;
        group.count += count;
        Some(group)
    }

    /// Changes the number of records without their reasons.
    pub(super) fn shift(&mut self, count: impl FnOnce(u64) -> u64) {
        self.count = count(self.count);
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
