//! The name that was probably meant.

/// The longest name that is compared, in bytes: the comparison takes the product of both lengths.
const LONGEST: usize = 256;

/// The nearest of these names, when it may be what a slip made `wrong` of: a third of its letters may differ, and one of a
/// short name.
pub(crate) fn nearest<'n>(wrong: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    if wrong.len() > LONGEST {
        return None;
    }
    let wrong = wrong.to_lowercase();
    let letters = wrong.chars().count();
    names
        .into_iter()
        .filter(|name| name.len() <= LONGEST)
        .filter_map(|name| {
            let distance = strsim::damerau_levenshtein(&name.to_lowercase(), &wrong);
            let others = name.chars().count();
            // of a name with one letter nothing would be left
            let is_near = distance <= (others / 3).max(1) && distance < others.min(letters);
            is_near.then_some((distance, name))
        })
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_name_is_found_and_only_what_may_be_a_slip() {
        let names = ["name", "city", "employees", "id", "x"];
        for (wrong, near) in [
            ("nmae", Some("name")),
            ("NAME", Some("name")),
            ("Employee", Some("employees")),
            ("emploies", Some("employees")),
            ("ids", Some("id")),
            ("turnover", None),
            ("ab", None),
            ("y", None),
            ("", None),
        ] {
            assert_eq!(nearest(wrong, names), near, "{wrong}");
        }
        assert_eq!(nearest("xyz", ["ab"]), None);
        assert_eq!(nearest(&"x".repeat(100_000), names), None);
        assert_eq!(
            nearest("name", ["names", "fame", "named"]),
            Some("fame"),
            "the first of equals"
        );
    }
}
