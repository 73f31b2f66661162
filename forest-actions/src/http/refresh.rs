//! Warns of relations that an answer asks the UI to reload and that do not exist: the UI ignores them without a word.

use super::context::Shared;
use crate::declare::ActionDescriptor;
use crate::response::ActionResponse;
use crate::text::nearest;

pub(super) fn warn_of_unknown_relations(shared: &Shared, action: &ActionDescriptor, answer: &ActionResponse) {
    let names = answer.refreshed();
    let collections = &shared.schema().collections;
    let Some(collection) = collections.iter().find(|known| known.name == action.collection) else {
        return;
    };
    // one that only actions name is not described
    if names.is_empty() || collection.fields.is_empty() {
        return;
    }
    let relations = || collection.fields.iter().filter(|field| field.reference.is_some());
    for name in names {
        if !relations().any(|relation| relation.field == *name) {
            let meant = nearest(name, relations().map(|relation| relation.field.as_str()));
            tracing::warn!(
                relation = crate::text::excerpt(name, 100),
                did_you_mean = meant,
                origin = %action.origin,
                "the answer refreshes a relation that the collection does not have, so nothing is reloaded"
            );
        }
    }
}
