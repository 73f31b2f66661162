//! The displayed name of a person.

/// First and last name, or the e-mail address when both are empty.
pub(crate) fn full_name(first: &str, last: &str, email: &str) -> String {
    match (first, last) {
        ("", "") => email.to_owned(),
        (name, "") | ("", name) => name.to_owned(),
        (first, last) => format!("{first} {last}"),
    }
}
