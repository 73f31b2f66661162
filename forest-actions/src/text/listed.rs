//! Names one after the other, as a message lists them.
//!
//! Owns the separators and the end of a list that is too long. How a name is quoted is the caller's.

/// Names as a list, cut after so many.
pub(crate) fn listed(names: impl IntoIterator<Item = impl AsRef<str>>, most: usize) -> String {
    let mut text = String::new();
    for (index, name) in names.into_iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        if index == most {
            text.push('…');
            break;
        }
        text.push_str(name.as_ref());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn a_long_list_is_cut() {
        assert_eq!(listed(["name", "city"], 2), "name, city");
        assert_eq!(listed(["name", "city", "size"], 2), "name, city, …");
        assert_eq!(listed(std::iter::empty::<String>(), 2), "");
    }
}
