//! Whether the UI's opaque id of an action can belong to the action that the route leads to (RTE-06).
//!
//! The id is never parsed to find an action. Bodies seen in the field carry `<collection>-<name>` with
//! special characters replaced by `@@@`, or with the name dasherized; so an id that starts with a known
//! collection and then names something else was meant for another action, and an id of any other form
//! says nothing and is tolerated.

use crate::declare::ActionDescriptor;

/// `false` when the id certainly belongs to another action than this one. `collections` are those of all
/// actions of the program.
pub(super) fn may_belong_to(id: &str, action: &ActionDescriptor, collections: &[&str]) -> bool {
    match after_collection(id, action.collection) {
        Some(rest) => {
            // `<collection>-<index>-<slug>` is the form of a newer agent
            let without_index = rest
                .split_once('-')
                .filter(|(index, _)| !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit()))
                .map(|(_, rest)| rest);
            let slug = action.endpoint.rsplit('/').next().unwrap_or_default();
            [Some(rest), without_index]
                .into_iter()
                .flatten()
                .any(|name| names(name, action.name) || (name.is_ascii() && same_letters(name, slug)))
        }
        None => !collections.iter().any(|other| after_collection(id, other).is_some()),
    }
}

fn after_collection<'a>(id: &'a str, collection: &str) -> Option<&'a str> {
    id.strip_prefix(collection)?.strip_prefix(['-', '.'])
}

/// Whether a text names an action, in one of the spellings that are around. Where what is left of both is ASCII, its letters
/// and digits tell; other characters are only ever written as they are, or as `@@@`.
fn names(text: &str, name: &str) -> bool {
    text == name || (text.is_ascii() && name.is_ascii() && same_letters(text, name)) || masks(text, name)
}

/// Whether a text is a name whose special characters were replaced by `@@@`, each or several at once.
fn masks(text: &str, name: &str) -> bool {
    let mut parts = text.split("@@@");
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    for part in parts {
        let specials = rest.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        let skipped = rest.len() - specials.len();
        // what follows may itself begin with a special character that was kept, such as a blank
        let found = (0..=skipped).rev().find_map(|at| {
            let (masked, rest) = rest.split_at_checked(at)?;
            (!masked.is_empty()).then(|| rest.strip_prefix(part))?
        });
        match found {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.is_empty()
}

fn same_letters(one: &str, other: &str) -> bool {
    letters(one).next().is_some() && letters(one).eq(letters(other))
}

/// What is left of a name in every spelling: its ASCII letters and digits, lower case.
fn letters(name: &str) -> impl Iterator<Item = char> {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rte_06_a_text_names_an_action_in_the_spellings_that_are_around() {
        for (text, name, expected) in [
            ("Refund order", "Refund order", true),
            ("refund-order", "Refund order", true),
            ("Refund@@@order", "Refund order", true),
            ("Refund@@@order@@@", "Refund order!", true),
            ("G@@@n@@@rer", "Générer", true),
            ("Générer", "Générer", true),
            ("Delete order", "Refund order", false),
            ("Refund@@@orders", "Refund order", false),
            ("Refund", "Refund order", false),
            // names in which no ASCII letter tells them apart
            ("退款", "退款", true),
            ("退款", "删除", false),
            ("Pay €", "Pay £", false),
            ("@@@", "退款", true),
            ("!!", "??", false),
            ("", "退款", false),
            ("@@@", "", false),
            ("@@@@@@", "é", false),
        ] {
            assert_eq!(names(text, name), expected, "{text:?} {name:?}");
        }
    }
}
