//! Compares the arguments of handlers with the collections, and finds names that may be slips: what a call would otherwise be
//! the first to show.

use super::descriptor::ActionDescriptor;
use super::need::{KeyCheck, Need};
use super::registry::{ActionProblem, form_doubts};
use crate::records::{CollectionModel, KeyFit, Models};
use crate::text::{listed, nearest};

/// The collections that the checks compare with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Described<'a> {
    /// Those of the record source; `None` without one.
    pub(crate) source: Option<&'a Models>,
    /// Those of the code.
    pub(crate) declared: &'a [CollectionModel],
}

impl<'a> Described<'a> {
    pub(super) fn find(&self, name: &str) -> Option<&'a CollectionModel> {
        let in_source = self.source.and_then(|models| models.get(name));
        in_source.or_else(|| self.declared.iter().find(|model| model.name == name))
    }
}

/// The arguments that no request can fill.
pub(crate) fn misfits(actions: &[&'static ActionDescriptor], described: Described<'_>) -> Vec<ActionProblem> {
    let of_action = |action: &&'static ActionDescriptor| {
        let needs = action.needs().into_iter().enumerate();
        let reasons: Vec<String> = needs
            .filter_map(|(position, need)| misfit(action, position, need, described))
            .collect();
        reasons.into_iter().map(|reason| ActionProblem::new(action, reason))
    };
    actions.iter().flat_map(of_action).collect()
}

fn misfit(action: &ActionDescriptor, position: usize, need: Need, described: Described<'_>) -> Option<String> {
    let Need::Keys(check) = need else { return None };
    let problem = key_misfit(check, described.find(action.collection)?)?;
    Some(format!("its argument {} {problem}", argument(action, position)))
}

/// The reason why a key type cannot have the keys of a collection.
pub(super) fn key_misfit(check: KeyCheck, collection: &CollectionModel) -> Option<String> {
    let is_misfit = (check.fit)(collection) == KeyFit::Never;
    is_misfit.then(|| {
        format!(
            "reads a key of type `{}`, and the key of `{}` is {}",
            check.name(),
            collection.name,
            key_of(collection)
        )
    })
}

/// The key of a collection in words.
fn key_of(collection: &CollectionModel) -> String {
    let parts = collection
        .key_fields()
        .map(|field| format!("`{}` ({:?})", field.name, field.value_type));
    listed(parts, usize::MAX)
}

/// What may be meant, and is probably a mistake: the agent starts with it, and warns.
pub(crate) fn doubts(actions: &[&'static ActionDescriptor], described: Described<'_>) -> Vec<ActionProblem> {
    let mut doubts = Vec::new();
    for action in actions {
        let mut doubt = |reason| doubts.push(ActionProblem::new(action, reason));
        form_doubts(action).into_iter().for_each(&mut doubt);
        for (position, need) in action.needs().into_iter().enumerate() {
            let argument = || argument(action, position);
            match need {
                Need::Records => records_doubt(action, described)
                    .map(|reason| format!("its argument {} reads records, and {reason}", argument())),
                Need::Keys(check) => {
                    key_doubt(action, check, described).map(|reason| format!("its argument {} {reason}", argument()))
                }
                Need::Nothing => None,
            }
            .into_iter()
            .for_each(&mut doubt);
        }
    }
    doubts
}

fn records_doubt(action: &ActionDescriptor, described: Described<'_>) -> Option<String> {
    let Some(models) = described.source else {
        return Some("the agent has no record source: add one with `.records(…)`".to_owned());
    };
    if models.get(action.collection).is_some() {
        return None;
    }
    let known = models.iter().map(|model| model.name.as_str());
    let hint = nearest(action.collection, known).map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
    Some(format!(
        "the record source has no collection `{}`{hint}",
        action.collection
    ))
}

fn key_doubt(action: &ActionDescriptor, check: KeyCheck, described: Described<'_>) -> Option<String> {
    let collection = described.find(action.collection)?;
    let is_doubtful = (check.fit)(collection) == KeyFit::Doubtful;
    is_doubtful.then(|| {
        format!(
            "reads a number from a text: the key of `{}` is {}, and other texts than numbers are refused",
            collection.name,
            key_of(collection)
        )
    })
}

/// The argument as it is written, else its place.
fn argument(action: &ActionDescriptor, position: usize) -> String {
    match action.arguments.1.get(position) {
        Some(text) => format!("`{text}`"),
        None => format!("{}", position + 1),
    }
}
