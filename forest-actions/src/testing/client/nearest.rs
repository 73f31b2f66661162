//! The name that was probably meant, for the messages of mistakes in a test.

use crate::text::{self, nearest};

/// The nearest of these names, as the end of a message; empty when none is near.
pub(super) fn hint<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    nearest(wrong, names).map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// Names as a message lists them.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    match text::listed(names.into_iter().map(|name| format!("`{name}`")), usize::MAX) {
        none if none.is_empty() => "none".to_owned(),
        names => names,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_that_is_near_is_offered() {
        let names = ["Refund order", "Archive"];
        assert_eq!(hint("refund orders", names), "; did you mean `Refund order`?");
        assert_eq!(hint("Something else", names), "");
        assert_eq!(listed(names), "`Refund order`, `Archive`");
        assert_eq!(listed([]), "none");
    }
}
