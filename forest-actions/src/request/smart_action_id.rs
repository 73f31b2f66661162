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
                .any(|name| letters(name).eq(letters(action.name)) || letters(name).eq(letters(slug)))
        }
        None => !collections.iter().any(|other| after_collection(id, other).is_some()),
    }
}

fn after_collection<'a>(id: &'a str, collection: &str) -> Option<&'a str> {
    id.strip_prefix(collection)?.strip_prefix(['-', '.'])
}

/// What is left of a name in every spelling: its ASCII letters and digits, lower case.
fn letters(name: &str) -> impl Iterator<Item = char> {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
}
