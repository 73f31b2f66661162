//! Compares the UI's opaque id of an action with the action at the route (RTE-06).
//!
//! The id is never parsed to find an action. Bodies seen in the field carry `<collection>-<name>` with
//! special characters replaced by `@@@`, or with the name dasherized; so an id that starts with a known
//! collection and then names something else was meant for another action, and so was the bare name of another
//! action of the collection. An id of any other form says nothing and is tolerated.

use crate::declare::ActionDescriptor;
use crate::schema::Collection;

/// The actions and collections that an id can refer to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnownActions<'a> {
    pub(crate) actions: &'a [&'static ActionDescriptor],
    /// All collections, also those without an action.
    pub(crate) collections: &'a [Collection],
}

/// `false` when the id certainly belongs to another action than this one.
pub(super) fn may_belong_to(id: &str, action: &ActionDescriptor, known: KnownActions<'_>) -> bool {
    let is_this = |text: &str| means(text, action);
    let rest = after_collection(id, action.collection);
    // the form that the UI sends comes first: every request is judged
    if rest.is_some_and(|rest| without_index(rest).any(is_this)) || is_this(id) {
        return true;
    }
    let names_a_collection = rest.is_some()
        || known
            .collections
            .iter()
            .any(|other| after_collection(id, &other.name).is_some());
    let names_a_sibling = known
        .actions
        .iter()
        .any(|other| other.collection == action.collection && means(id, other));
    !names_a_collection && !names_a_sibling
}

fn after_collection<'a>(id: &'a str, collection: &str) -> Option<&'a str> {
    id.strip_prefix(collection)?.strip_prefix(['-', '.'])
}

/// The rest after the collection, and the same without the index of `<collection>-<index>-<slug>`, the form of a newer agent.
fn without_index(rest: &str) -> impl Iterator<Item = &str> {
    let slug = rest
        .split_once('-')
        .filter(|(index, _)| !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit()))
        .map(|(_, slug)| slug);
    [Some(rest), slug].into_iter().flatten()
}

/// Returns `true` for an action's name or the end of its path, in one of the known spellings.
fn means(text: &str, action: &ActionDescriptor) -> bool {
    let slug = action.endpoint.rsplit('/').next().unwrap_or_default();
    names(text, action.name) || (text.is_ascii() && same_letters(text, slug))
}

/// Compares a text with the name of an action: by letters and digits if both are ASCII, or if special characters were replaced by
/// `@@@`, in which case none may be left.
fn names(text: &str, name: &str) -> bool {
    text == name
        || (text.is_ascii() && name.is_ascii() && same_letters(text, name))
        || (text.contains("@@@") && !name.is_empty() && letters(text).eq(letters(name)))
}

fn same_letters(one: &str, other: &str) -> bool {
    letters(one).next().is_some() && letters(one).eq(letters(other))
}

/// The part of a name that every spelling keeps: its ASCII letters and digits, in lower case.
fn letters(name: &str) -> impl Iterator<Item = u8> {
    name.bytes()
        .filter(u8::is_ascii_alphanumeric)
        .map(|byte| byte.to_ascii_lowercase())
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
            // each special character for itself, or several at once
            ("@@@@@@", "退款", true),
            ("G@@@n@@@rer@@@@@@@@@nouveau", "Générer à nouveau", true),
            ("G@@@n@@@rer@@@nouveau", "Générer à nouveau", true),
            ("Cl@@@turer@@@l@@@@@@t@@@", "Clôturer l’été", true),
            (
                "Envoyer@@@la@@@facture@@@@@@@@@l@@@@@@quipe",
                "Envoyer la facture à l'équipe",
                true,
            ),
            ("@@@@@@@@@@@@@@@@@@@@@@@@@@@", "Отправить", true),
            ("Envoyer@@@la@@@facture@@@", "Envoyer la facture à l'équipe", false),
        ] {
            assert_eq!(names(text, name), expected, "{text:?} {name:?}");
        }
    }
}
