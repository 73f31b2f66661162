//! The name that was probably meant, for the messages of mistakes in a test.

/// The nearest of these names, as the end of a message; empty when none is near.
pub(super) fn hint<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let wrong_lower = wrong.to_lowercase();
    let near = names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&name.to_lowercase(), &wrong_lower), name))
        .min()
        .filter(|(distance, name)| *distance <= 1 + name.chars().count() / 3);
    near.map_or_else(String::new, |(_, name)| format!("; did you mean `{name}`?"))
}

/// Names as a message lists them.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "none".to_owned(),
        names => names.join(", "),
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
