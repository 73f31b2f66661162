//! From raw arguments and a checked signature to a validated [`Action`]: defaults, and rules that concern several
//! arguments.

use super::model::{Action, ChangeHook, Function, HttpMethod, Kind, Rule};
use super::parse::RawArgs;
use super::{background, signature, values};
use crate::errors::Errors;
use crate::keys;
use crate::names;
use proc_macro2::Span;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{LitStr, Path, Type, parse_quote_spanned};

/// Prefix of default endpoints.
const ACTIONS: &str = "/forest/actions/";

/// Validates the declaration; returns an action when there were no errors.
///
/// `function` is `None` when the attribute is on another item; the arguments are still checked.
pub(crate) fn check(args: RawArgs, function: Option<Function>, errors: &mut Errors) -> Option<Action> {
    let collection = collection(&args, function.as_ref(), errors);
    let (name, endpoint) = name_and_endpoint(&args, function.as_ref(), errors);
    let kind = args
        .kind
        .as_ref()
        .map_or(Kind::Bulk, |literal| values::kind(literal, errors));
    if let Some(function) = &function {
        signature::needs(function, kind, errors);
    }
    let http_method = match &args.http_method {
        Some(literal) => values::http_method(literal, errors),
        None => HttpMethod::Post,
    };
    let deprecated_method = args
        .http_method
        .as_ref()
        .filter(|_| http_method.is_deprecated())
        .map(LitStr::span);
    let submit_button_label = args
        .submit_button_label
        .as_ref()
        .map(|literal| values::submit_button_label(literal, errors));
    let max_records = args
        .max_records
        .as_ref()
        .map(|literal| values::max_records(literal, kind, errors));
    let stops = values::on_refusal(args.on_refusal.as_ref(), kind, errors);
    rule(&args, kind, stops, errors);
    if let Some(token) = args.require_preview.as_ref().filter(|_| !args.attempted("preview")) {
        errors.on(
            token,
            "`require_preview` needs a preview\n  help: write `preview = my_function`",
        );
    }
    let background = background::check(&args, function.as_ref(), kind, errors);
    let audit = args.audit.as_ref().map(|literal| values::audit(literal, errors));
    let base_url = args.base_url.as_ref().map(|literal| values::base_url(literal, errors));
    let runtime = args
        .runtime
        .unwrap_or_else(|| parse_quote_spanned!(Span::mixed_site()=> ::forest_actions));
    let form = form(args.form, function.as_ref(), &runtime, errors);

    if !errors.is_empty() {
        return None;
    }
    Some(Action {
        function: function?,
        runtime,
        collection: collection?,
        name: name?,
        kind,
        endpoint: endpoint?,
        http_method,
        deprecated_method,
        description: args.description.map(|literal| literal.value()),
        submit_button_label,
        base_url,
        redirect: args.redirect.map(|literal| literal.value()),
        download: args.download.map(|literal| literal.value),
        form,
        load: args.load,
        change: args
            .change
            .into_iter()
            .map(|hook| ChangeHook {
                field: hook.field.name,
                path: hook.path,
            })
            .collect(),
        max_records,
        can_run: args.can_run.map(|rule| (rule, stops)),
        confirm: args.confirm,
        preview: args.preview.map(|path| (path, args.require_preview.is_some())),
        background,
        audit,
        protected: !args.unprotected,
    })
}

/// `can_run` needs records, and its refusals a place in the answer; `on_refusal` needs a rule.
fn rule(args: &RawArgs, kind: Kind, stops: bool, errors: &mut Errors) {
    let token = match &args.can_run {
        Some(Rule::Function(path)) => path.to_token_stream(),
        Some(Rule::Filter { filter, .. }) => filter.to_token_stream(),
        None => {
            if let Some(literal) = args.on_refusal.as_ref().filter(|_| !args.attempted("can_run")) {
                errors.on(
                    literal,
                    "`on_refusal` says what the refusals of `can_run` mean, and there is no `can_run`",
                );
            }
            return;
        }
    };
    if matches!(kind, Kind::Global) {
        errors.on(
            &token,
            "a global action runs on no records, so `can_run` has nothing to judge",
        );
    }
    if !stops && args.download.as_ref().is_some_and(|literal| literal.value) {
        errors.on(
            &token,
            "a file cannot report the records that `can_run` refuses\n  help: write `on_refusal = \"stop\"`, so that nothing is sent when a record is refused",
        );
    }
}

fn collection(args: &RawArgs, function: Option<&Function>, errors: &mut Errors) -> Option<String> {
    if let Some(literal) = &args.collection {
        return Some(keys::not_blank("collection", literal, errors));
    }
    if !args.attempted("collection") {
        // points at the function's name, as the missing argument has no token
        let message = "`collection` is missing\n  help: write `#[smart_action(collection = \"…\")]`";
        match function {
            Some(function) => errors.on(&function.ident, message),
            None => errors.at(Span::call_site(), message),
        }
    }
    None
}

/// The name, given or made from the function's; and the endpoint, given or made from the name.
fn name_and_endpoint(
    args: &RawArgs,
    function: Option<&Function>,
    errors: &mut Errors,
) -> (Option<String>, Option<String>) {
    let name = match (&args.name, function) {
        (Some(literal), _) => Some((keys::not_blank("name", literal, errors), literal.to_token_stream())),
        (None, Some(function)) if !args.attempted("name") => {
            let name = names::humanise(&function.ident.unraw().to_string());
            if name.is_empty() {
                errors.on(
                    &function.ident,
                    "no label can be made from the function's name\n  help: write `name = \"…\"`",
                );
            }
            Some((name, function.ident.to_token_stream()))
        }
        _ => None,
    };
    let given = args.endpoint.as_ref().map(|literal| values::endpoint(literal, errors));
    let endpoint = given.or_else(|| {
        let (name, token) = name.as_ref()?;
        let slug = names::slug(name);
        // A blank name was reported already; an endpoint that was tried will be.
        if slug.is_empty() && !names::trim(name).is_empty() && !args.attempted("endpoint") {
            errors.on(
                token,
                format!("no endpoint can be made from the name `{name}`\n  help: write `endpoint = \"{ACTIONS}…\"`"),
            );
        }
        Some(format!("{ACTIONS}{slug}"))
    });
    (name.map(|(name, _)| name), endpoint)
}

/// The form that is named, else the one in the signature; they may not contradict each other.
fn form(named: Option<Type>, function: Option<&Function>, runtime: &Path, errors: &mut Errors) -> Option<Type> {
    let found = function.and_then(|function| signature::form(function, runtime, errors));
    if let (Some(named), Some(found)) = (&named, found)
        && !signature::same_text(named, found)
    {
        let [named_text, found_text] = [named, found].map(signature::text);
        errors.on(
            named,
            format!(
                "`form` is `{named_text}`, but the function takes `Form<{found_text}>`\n  help: leave `form` out: it is only \
                 needed where an alias hides the form"
            ),
        );
    }
    named.or_else(|| found.cloned())
}
