//! The arguments of `#[smart_action(...)]`, from tokens to raw values.
//!
//! Values are validated later, in `checks`, so that a syntax error does not hide an invalid value elsewhere.

use super::background::{self, RawBackground};
use super::model::{Confirm, Rule};
use super::{confirm, rule};
use crate::errors::Errors;
use crate::keys::{self, Callee, Key, Seen, Vocabulary};
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{ExprPath, Ident, LitBool, LitInt, LitStr, Path, Token, Type};

/// The arguments, in the order of the documentation, with their names in other agents.
const ARGUMENTS: Vocabulary = Vocabulary {
    accepted: &[
        "collection",
        "name",
        "kind",
        "endpoint",
        "http_method",
        "description",
        "submit_button_label",
        "download",
        "base_url",
        "redirect",
        "form",
        "load",
        "change",
        "max_records",
        "can_run",
        "on_refusal",
        "confirm",
        "preview",
        "require_preview",
        "background",
        "wait",
        "attempts",
        "stall",
        "one_at_a_time",
        "keep",
        "audit",
        "unprotected",
        "crate",
    ],
    aliases: &[
        ("type", "kind"),
        ("action_type", "kind"),
        ("scope", "kind"),
        ("model", "collection"),
        ("label", "name"),
        ("title", "name"),
        ("path", "endpoint"),
        ("route", "endpoint"),
        ("method", "http_method"),
        ("verb", "http_method"),
        ("button", "submit_button_label"),
        ("file", "download"),
        ("fields", "form"),
        ("values", "load"),
        ("hooks", "change"),
        ("limit", "max_records"),
        ("max_ids", "max_records"),
        ("rule", "can_run"),
        ("authorize", "can_run"),
        ("confirmation", "confirm"),
        ("dry_run", "preview"),
        ("async", "background"),
        ("queue", "background"),
        ("queued", "background"),
        ("job", "background"),
        ("retries", "attempts"),
        ("max_attempts", "attempts"),
        ("timeout", "stall"),
        ("deadline", "stall"),
        ("exclusive", "one_at_a_time"),
        ("singleton", "one_at_a_time"),
        ("retention", "keep"),
        ("audit_trail", "audit"),
        ("audited", "audit"),
        ("protected", "unprotected"),
        ("public", "unprotected"),
    ],
};

/// The arguments as they were written; `None` when absent or unreadable.
#[derive(Default)]
pub(crate) struct RawArgs {
    pub(crate) collection: Option<LitStr>,
    pub(crate) name: Option<LitStr>,
    pub(crate) kind: Option<LitStr>,
    pub(crate) endpoint: Option<LitStr>,
    pub(crate) http_method: Option<LitStr>,
    pub(crate) description: Option<LitStr>,
    pub(crate) submit_button_label: Option<LitStr>,
    pub(crate) download: Option<LitBool>,
    pub(crate) base_url: Option<LitStr>,
    pub(crate) redirect: Option<LitStr>,
    pub(crate) form: Option<Type>,
    pub(crate) load: Option<ExprPath>,
    pub(crate) change: Vec<RawChangeHook>,
    pub(crate) max_records: Option<LitInt>,
    pub(crate) can_run: Option<Rule>,
    pub(crate) on_refusal: Option<LitStr>,
    pub(crate) confirm: Option<Confirm>,
    pub(crate) preview: Option<ExprPath>,
    pub(crate) require_preview: Option<TokenStream>,
    pub(crate) background: Option<RawBackground>,
    pub(crate) wait: Option<LitStr>,
    pub(crate) attempts: Option<LitInt>,
    pub(crate) stall: Option<LitStr>,
    pub(crate) one_at_a_time: Option<TokenStream>,
    pub(crate) keep: Option<LitStr>,
    pub(crate) audit: Option<LitStr>,
    pub(crate) unprotected: bool,
    pub(crate) runtime: Option<Path>,
    attempted: Seen,
}

impl RawArgs {
    /// The user tried to set `key`: its value may be invalid, or the key misspelt. Errors about its absence would be
    /// noise.
    pub(crate) fn attempted(&self, key: &str) -> bool {
        self.attempted.has(key)
    }
}

/// One entry of `change(...)`.
pub(crate) struct RawChangeHook {
    pub(crate) field: FieldName,
    pub(crate) path: ExprPath,
}

/// A field's name, written as an identifier or as a string.
pub(crate) struct FieldName {
    pub(crate) name: String,
    pub(crate) token: TokenStream,
}

/// Reads all arguments, and pushes errors.
pub(crate) fn parse(args: TokenStream, errors: &mut Errors) -> RawArgs {
    let mut raw = RawArgs::default();
    let mut seen = Seen::default();
    if let Some(TokenTree::Literal(_)) = args.clone().into_iter().next() {
        // `#[smart_action("companies")]` is reported as an entry without a key; it was meant as the collection.
        raw.attempted.insert("collection");
    }
    let read = |input: ParseStream| {
        keys::read_entries(
            input,
            errors,
            "collection",
            |word| ARGUMENTS.has(word),
            |key, input, errors| argument(key, input, &mut raw, &mut seen, errors),
        );
        Ok(())
    };
    if let Err(error) = read.parse2(args) {
        errors.syntax(&error);
    }
    raw
}

fn argument(key: &Key, input: ParseStream, raw: &mut RawArgs, seen: &mut Seen, errors: &mut Errors) -> Option<()> {
    let name = key.name.as_str();
    if !ARGUMENTS.has(name) {
        if let Some(nearest) = ARGUMENTS.nearest(name) {
            raw.attempted.insert(nearest);
        }
        errors.on(
            &key.token,
            format!("unknown argument `{name}`{}", ARGUMENTS.advice(name, "")),
        );
        return None;
    }
    if !seen.insert(name) {
        errors.on(&key.token, format!("`{name}` is given twice"));
        return None;
    }
    raw.attempted.insert(name);
    match name {
        "collection" => raw.collection = Some(keys::string(key, input, errors)?),
        "name" => raw.name = Some(keys::string(key, input, errors)?),
        "kind" => raw.kind = Some(keys::string(key, input, errors)?),
        "endpoint" => raw.endpoint = Some(keys::string(key, input, errors)?),
        "http_method" => raw.http_method = Some(keys::string(key, input, errors)?),
        "description" => raw.description = Some(keys::string(key, input, errors)?),
        "submit_button_label" => raw.submit_button_label = Some(keys::string(key, input, errors)?),
        "download" => raw.download = Some(keys::boolean(key, input, errors)?),
        "base_url" => raw.base_url = Some(keys::string(key, input, errors)?),
        "redirect" => raw.redirect = Some(keys::string(key, input, errors)?),
        "form" => raw.form = Some(keys::ty(key, input, errors)?),
        "load" => raw.load = Some(keys::function(key, Callee::Async, input, errors)?),
        "change" => {
            let list = keys::list(
                key,
                input,
                errors,
                "field = my_function, \"field with spaces\" = my_function",
            )?;
            raw.change = change(list.stream(), errors);
        }
        "max_records" => raw.max_records = Some(keys::integer(key, input, errors)?),
        "can_run" => raw.can_run = Some(rule::read(key, input, errors)?),
        "on_refusal" => raw.on_refusal = Some(keys::string(key, input, errors)?),
        "confirm" => raw.confirm = Some(confirm::read(key, input, errors)?),
        "preview" => raw.preview = Some(keys::function(key, Callee::Async, input, errors)?),
        "require_preview" => {
            keys::flag(key, input, errors)?;
            raw.require_preview = Some(key.token.clone());
        }
        "background" => raw.background = Some(background::read(key, input, errors)?),
        "wait" => raw.wait = Some(background::read_duration(key, "800ms", input, errors)?),
        "attempts" => raw.attempts = Some(keys::integer(key, input, errors)?),
        "stall" => raw.stall = Some(background::read_duration(key, "5m", input, errors)?),
        "one_at_a_time" => {
            keys::flag(key, input, errors)?;
            raw.one_at_a_time = Some(key.token.clone());
        }
        "keep" => raw.keep = Some(background::read_duration(key, "90d", input, errors)?),
        "audit" => raw.audit = Some(keys::string(key, input, errors)?),
        "unprotected" => {
            keys::flag(key, input, errors)?;
            raw.unprotected = true;
        }
        "crate" => raw.runtime = Some(keys::module(key, input, errors)?),
        // unreachable: each name of `ARGUMENTS` has an arm, which a test asserts
        _ => return None,
    }
    Some(())
}

/// Reads `field = path, "field with spaces" = path`.
fn change(list: TokenStream, errors: &mut Errors) -> Vec<RawChangeHook> {
    let mut hooks = Vec::new();
    let mut seen = Seen::default();
    let read = |input: ParseStream| {
        while !input.is_empty() {
            let hook = change_hook(input, &mut seen, errors);
            if hook.is_some() && !Key::is_alone(input) {
                let found = keys::found(input);
                errors.on(
                    &found.token,
                    format!("expected `,` after a change hook, found {}", found.text),
                );
            }
            hooks.extend(hook);
            while !Key::is_alone(input) {
                input.parse::<TokenTree>()?;
            }
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(())
    };
    if let Err(error) = read.parse2(list) {
        errors.syntax(&error);
    }
    hooks
}

fn change_hook(input: ParseStream, seen: &mut Seen, errors: &mut Errors) -> Option<RawChangeHook> {
    const EXAMPLE: &str = "\n  help: write `change(field = my_function, \"field with spaces\" = my_function)`";
    let field = if input.peek(LitStr) {
        let literal: LitStr = input.parse().ok()?;
        FieldName {
            name: literal.value(),
            token: literal.into_token_stream(),
        }
    } else if input.peek(Ident::peek_any) {
        let ident = Ident::parse_any(input).ok()?;
        FieldName {
            name: ident.unraw().to_string(),
            token: ident.into_token_stream(),
        }
    } else {
        let found = keys::found(input);
        errors.on(
            &found.token,
            format!("`change` takes the names of fields, found {}{EXAMPLE}", found.text),
        );
        return None;
    };
    if field.name.is_empty() {
        errors.on(&field.token, "`change` names a field that has an empty name");
    } else if !seen.insert(&field.name) {
        errors.on(&field.token, format!("the field `{}` has two change hooks", field.name));
    }
    if input.parse::<Token![=]>().is_err() {
        let found = keys::found(input);
        let token = if found.token.is_empty() {
            &field.token
        } else {
            &found.token
        };
        let message = format!(
            "expected `=` and a function after the field `{}`, found {}{EXAMPLE}",
            field.name, found.text
        );
        errors.on(token, message);
        return None;
    }
    if Key::is_alone(input) {
        let message = format!(
            "the change hook of the field `{}` names no function{EXAMPLE}",
            field.name
        );
        errors.on(&field.token, message);
        return None;
    }
    let path = keys::function_path(&format!("change({} = …)", field.token), Callee::Async, input, errors)?;
    Some(RawChangeHook { field, path })
}

#[cfg(test)]
mod tests {
    use super::{ARGUMENTS, Rule, parse};
    use crate::errors::Errors;
    use crate::testing::messages;
    use quote::ToTokens;

    fn text(tokens: impl ToTokens) -> String {
        tokens.to_token_stream().to_string().replace(' ', "")
    }

    #[test]
    fn every_argument_is_parsed() {
        let mut errors = Errors::about("test");
        let raw = parse(
            r##"collection = "c", name = r#"n"#, kind = "single", endpoint = "/e", http_method = "PUT",
                description = "d", submit_button_label = "s", download = true, base_url = "https://b",
                redirect = "/r", form = forms::Map<A, (B, C)>, load = hooks::load::<T>,
                change(amount = f, "stripe id" = <X as Y>::g, r#type = h,), max_records = 50, can_run = rules::open,
                on_refusal = "stop", confirm = "Go on?", preview = previews::show, require_preview, background,
                wait = "1s", attempts = 5, stall = "10m", one_at_a_time, keep = "30d", unprotected,
                crate = crate::reexport,"##
                .parse()
                .unwrap(),
            &mut errors,
        );
        assert_eq!(messages(&errors), []);
        let string = |literal: Option<syn::LitStr>| literal.unwrap().value();
        assert_eq!(string(raw.collection), "c");
        assert_eq!(string(raw.name), "n");
        assert_eq!(string(raw.kind), "single");
        assert_eq!(string(raw.endpoint), "/e");
        assert_eq!(string(raw.http_method), "PUT");
        assert_eq!(string(raw.description), "d");
        assert_eq!(string(raw.submit_button_label), "s");
        assert!(raw.download.unwrap().value);
        assert_eq!(string(raw.base_url), "https://b");
        assert_eq!(string(raw.redirect), "/r");
        assert_eq!(text(raw.form), "forms::Map<A,(B,C)>");
        assert_eq!(text(raw.load), "hooks::load::<T>");
        let hooks: Vec<_> = raw
            .change
            .iter()
            .map(|hook| (hook.field.name.as_str(), text(&hook.path)))
            .collect();
        assert_eq!(
            hooks,
            [
                ("amount", "f".to_owned()),
                ("stripe id", "<XasY>::g".to_owned()),
                ("type", "h".to_owned())
            ]
        );
        assert_eq!(raw.max_records.unwrap().base10_digits(), "50");
        assert!(matches!(raw.can_run, Some(Rule::Function(path)) if text(&path) == "rules::open"));
        assert_eq!(string(raw.on_refusal), "stop");
        assert!(raw.confirm.is_some_and(|confirm| confirm.field == "Confirm"));
        assert_eq!(text(raw.preview), "previews::show");
        assert!(raw.require_preview.is_some());
        assert!(raw.background.is_some());
        assert_eq!(string(raw.wait), "1s");
        assert_eq!(raw.attempts.unwrap().base10_digits(), "5");
        assert_eq!(string(raw.stall), "10m");
        assert!(raw.one_at_a_time.is_some());
        assert_eq!(string(raw.keep), "30d");
        assert!(raw.unprotected);
        assert_eq!(text(raw.runtime), "crate::reexport");
    }

    #[test]
    fn the_crate_may_be_a_string() {
        let mut errors = Errors::about("test");
        let raw = parse("crate = \"::my::forest\"".parse().unwrap(), &mut errors);
        assert_eq!(messages(&errors), []);
        assert_eq!(text(raw.runtime), "::my::forest");
    }

    #[test]
    fn empty_arguments_are_not_a_syntax_error() {
        let mut errors = Errors::about("test");
        let raw = parse("".parse().unwrap(), &mut errors);
        assert_eq!(messages(&errors), []);
        assert!(raw.collection.is_none() && !raw.attempted("collection"));
    }

    #[test]
    fn every_known_argument_is_handled() {
        for argument in ARGUMENTS.accepted {
            let tried = ["= \"a\"", "= true", "= 1", "= a", "(a = b)", ""].iter().any(|value| {
                let mut errors = Errors::about("test");
                let raw = parse(format!("{argument} {value}").parse().unwrap(), &mut errors);
                let something = [
                    raw.collection.is_some(),
                    raw.name.is_some(),
                    raw.kind.is_some(),
                    raw.endpoint.is_some(),
                    raw.http_method.is_some(),
                    raw.description.is_some(),
                    raw.submit_button_label.is_some(),
                    raw.download.is_some(),
                    raw.base_url.is_some(),
                    raw.redirect.is_some(),
                    raw.form.is_some(),
                    raw.load.is_some(),
                    !raw.change.is_empty(),
                    raw.max_records.is_some(),
                    raw.can_run.is_some(),
                    raw.on_refusal.is_some(),
                    raw.confirm.is_some(),
                    raw.preview.is_some(),
                    raw.require_preview.is_some(),
                    raw.background.is_some(),
                    raw.wait.is_some(),
                    raw.attempts.is_some(),
                    raw.stall.is_some(),
                    raw.one_at_a_time.is_some(),
                    raw.keep.is_some(),
                    raw.audit.is_some(),
                    raw.unprotected,
                    raw.runtime.is_some(),
                ];
                errors.is_empty() && something.contains(&true)
            });
            assert!(tried, "`{argument}` is in the vocabulary and not read");
        }
        for (_, argument) in ARGUMENTS.aliases {
            assert!(ARGUMENTS.has(argument), "an alias leads to `{argument}`");
        }
    }
}
