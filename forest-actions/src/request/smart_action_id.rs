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

/// The action that the id of a signed request stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binding {
    /// This one, and no other of the collection.
    This,
    /// This one, or another of the collection.
    Ambiguous,
    /// None in a known form.
    Unknown,
}

/// Compares an id that [may belong](may_belong_to) to this action with the other actions of the collection.
pub(super) fn binding(id: &str, action: &ActionDescriptor, known: KnownActions<'_>) -> Binding {
    let this = closeness(id, action);
    let mut siblings = known.actions.iter().filter(|other| is_sibling(other, action));
    if siblings.any(|other| closeness(id, other) >= this.max(Closeness::Spelling)) {
        return Binding::Ambiguous;
    }
    match this {
        Closeness::None => Binding::Unknown,
        Closeness::Spelling | Closeness::Exact => Binding::This,
    }
}

/// The pairs of actions that have one id in the UI, so that an approval cannot be bound to either of them.
pub(crate) fn indistinct(
    actions: &[&'static ActionDescriptor],
) -> impl Iterator<Item = (&'static ActionDescriptor, &'static ActionDescriptor)> {
    let known = KnownActions {
        actions,
        collections: &[],
    };
    actions.iter().enumerate().flat_map(move |(index, one)| {
        let id = format!("{}-{}", one.collection, escaped(one.name));
        let is_ambiguous = binding(&id, one, known) == Binding::Ambiguous;
        let later = actions.iter().skip(index + 1);
        later
            .filter(move |other| is_ambiguous && is_sibling(other, one) && closeness(&id, other) > Closeness::None)
            .map(|other| (*one, *other))
    })
}

fn is_sibling(other: &ActionDescriptor, action: &ActionDescriptor) -> bool {
    other.collection == action.collection && other.name != action.name
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Closeness {
    None,
    /// In one of the spellings that leave characters out.
    Spelling,
    /// Character for character, as far as the form keeps them.
    Exact,
}

fn closeness(id: &str, action: &ActionDescriptor) -> Closeness {
    let slug = action.endpoint.rsplit('/').next().unwrap_or_default();
    let is_exact = |text: &str| {
        text == action.name || text == slug || (letters(text).next().is_some() && text == escaped(action.name))
    };
    let rest = after_collection(id, action.collection);
    let mut texts = rest.into_iter().flat_map(without_index).chain([id]);
    if texts.clone().any(is_exact) {
        Closeness::Exact
    } else if texts.any(|text| means(text, action)) {
        Closeness::Spelling
    } else {
        Closeness::None
    }
}

/// A name as the UI writes it into an id.
fn escaped(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => escaped.push(character),
            _ => escaped.push_str("@@@"),
        }
    }
    escaped
}

fn after_collection<'a>(id: &'a str, collection: &str) -> Option<&'a str> {
    id.strip_prefix(collection)?.strip_prefix(['-', '.'])
}

/// The rest after the collection, and the same without the index of `<collection>-<index>-<slug>`, the form of a newer agent.
fn without_index(rest: &str) -> impl Iterator<Item = &str> + Clone {
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

    static CHARGE: ActionDescriptor = of("Charge credit card", "/forest/actions/charge-credit-card");
    static INVOICE: ActionDescriptor = of("Generate invoice", "/forest/actions/generate-invoice");
    static PAY: ActionDescriptor = of("Pay", "/forest/actions/pay");
    static PAY_NOW: ActionDescriptor = of("Pay!", "/forest/actions/pay-now");
    static REFUND: ActionDescriptor = of("退款", "/forest/actions/refund");
    static REMOVE: ActionDescriptor = of("删除", "/forest/actions/remove");

    const fn of(name: &'static str, endpoint: &'static str) -> ActionDescriptor {
        ActionDescriptor::for_test("customers", name, crate::declare::ActionKind::Bulk, endpoint)
    }

    #[test]
    fn rte_06_an_approval_is_bound_to_one_action_of_its_collection() {
        let known = KnownActions {
            actions: &[&CHARGE, &INVOICE, &PAY, &PAY_NOW, &REFUND, &REMOVE],
            collections: &[],
        };
        for (id, action, expected) in [
            ("customers-Charge@@@credit@@@card", &CHARGE, Binding::This),
            ("customers-charge-credit-card", &CHARGE, Binding::This),
            ("customers-3-charge-credit-card", &CHARGE, Binding::This),
            ("Charge credit card", &CHARGE, Binding::This),
            ("12345", &CHARGE, Binding::Unknown),
            ("Charge-credit-card-v2", &CHARGE, Binding::Unknown),
            ("5b0f8a0e-7d4e-4a86-9a6c-6d2b3f1f0a11", &CHARGE, Binding::Unknown),
            // the same letters, and one of them to the letter
            ("customers-Pay", &PAY, Binding::This),
            ("customers-Pay@@@", &PAY_NOW, Binding::This),
            ("customers-Pay", &PAY_NOW, Binding::Ambiguous),
            ("customers-Pay@@@", &PAY, Binding::Ambiguous),
            // nothing tells these names apart
            ("customers-@@@@@@", &REFUND, Binding::Ambiguous),
            ("customers-@@@@@@", &REMOVE, Binding::Ambiguous),
            ("customers-退款", &REFUND, Binding::This),
            ("customers-refund", &REFUND, Binding::This),
        ] {
            assert_eq!(binding(id, action, known), expected, "{id} {}", action.name);
        }
        let pairs: Vec<_> = indistinct(known.actions)
            .map(|(one, other)| (one.name, other.name))
            .collect();
        assert_eq!(pairs, [("退款", "删除")]);
    }
}
