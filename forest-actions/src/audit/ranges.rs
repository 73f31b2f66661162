//! A set of row numbers that stays small when they are consecutive, as those of one run usually are.

/// Row numbers, in the order in which they were added.
#[derive(Debug, Clone, Default)]
pub(super) struct Ranges(Vec<(i64, i64)>);

impl Ranges {
    pub(super) fn push(&mut self, id: i64) {
        match self.0.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(id) => *last = id,
            _ => self.0.push((id, id)),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All numbers, in pieces of at most `size`.
    pub(super) fn pieces(self, size: usize) -> impl Iterator<Item = Vec<i64>> {
        let mut all = self.0.into_iter().flat_map(|(first, last)| first..=last);
        std::iter::from_fn(move || {
            let piece: Vec<i64> = all.by_ref().take(size).collect();
            (!piece.is_empty()).then_some(piece)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consecutive_numbers_are_one_range() {
        let mut ranges = Ranges::default();
        for id in [3, 4, 5, 9, 10] {
            ranges.push(id);
        }
        assert_eq!(ranges.0.len(), 2);
        assert_eq!(ranges.pieces(2).collect::<Vec<_>>(), [vec![3, 4], vec![5, 9], vec![10]]);
    }
}
