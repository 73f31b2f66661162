//! From raw arguments and a checked signature to a [`Chart`].

use super::Chart;
use super::parse::RawArgs;
use crate::errors::Errors;
use crate::keys;
use crate::smart_action::model::Function;
use crate::smart_action::signature::own_name;
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse_quote_spanned;

/// The extractors of a form or a selection, which a request for a chart does not have.
const OF_ACTIONS: [&str; 9] = [
    "ActionRequest",
    "Form",
    "FormState",
    "RecordIds",
    "Records",
    "Selection",
    "Trail",
    "Validated",
    "Values",
];

/// Validates the declaration; returns a chart when there were no errors.
pub(super) fn check(args: RawArgs, function: Option<Function>, errors: &mut Errors) -> Option<Chart> {
    let name = match (&args.name, &function) {
        (Some(literal), _) => {
            let name = keys::not_blank("name", literal, errors);
            if name.contains('/') {
                errors.on(
                    literal,
                    "the name of a chart is one segment of its path, and has no `/`",
                );
            }
            Some(name)
        }
        (None, Some(function)) if !args.tried_name => Some(function.ident.unraw().to_string()),
        (None, _) => None,
    };
    let collection = args
        .collection
        .as_ref()
        .map(|literal| keys::not_blank("collection", literal, errors));
    if let Some(function) = &function {
        arguments(function, collection.is_some(), errors);
    }
    let runtime = args
        .runtime
        .unwrap_or_else(|| parse_quote_spanned!(Span::mixed_site()=> ::forest_actions));
    if !errors.is_empty() {
        return None;
    }
    Some(Chart {
        function: function?,
        runtime,
        name: name?,
        collection,
    })
}

/// Refuses arguments that no request for a chart can fill. Types are known by their names alone, so an alias is not seen.
fn arguments(function: &Function, has_collection: bool, errors: &mut Errors) {
    for ty in &function.arguments {
        let Some(name) = own_name(ty) else { continue };
        if OF_ACTIONS.iter().any(|known| name == known) && !is_of_actix(ty) {
            errors.on(
                ty,
                format!(
                    "a chart has no form and no selection, so it has no `{name}`\n  help: take the record on screen as \
                     `RecordId<K>`, and the query as `web::Query<T>`"
                ),
            );
        }
        if name == "RecordId" && !has_collection {
            errors.on(
                ty,
                "this chart is of no collection, so it has no `RecordId`\n  help: write `#[smart_chart(collection = \"…\")]`",
            );
        }
    }
}

/// `web::Form` is another thing.
fn is_of_actix(ty: &syn::Type) -> bool {
    matches!(ty, syn::Type::Path(path) if path.path.segments.iter().any(|segment| segment.ident == "web"))
}
