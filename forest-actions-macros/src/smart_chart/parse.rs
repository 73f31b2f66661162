//! The arguments of `#[smart_chart(...)]`, from tokens to raw values.

use crate::errors::Errors;
use crate::keys::{self, Key, Seen, Vocabulary};
use proc_macro2::{TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{LitStr, Path};

const ARGUMENTS: Vocabulary = Vocabulary {
    accepted: &["name", "collection", "crate"],
    aliases: &[
        ("label", "name"),
        ("title", "name"),
        ("path", "name"),
        ("route", "name"),
        ("model", "collection"),
    ],
};

/// The arguments as they were written; `None` when absent or unreadable.
#[derive(Default)]
pub(super) struct RawArgs {
    pub(super) name: Option<LitStr>,
    pub(super) collection: Option<LitStr>,
    pub(super) runtime: Option<Path>,
    /// A name was tried, so that its absence is no error of its own.
    pub(super) tried_name: bool,
}

/// Reads all arguments, and pushes errors.
pub(super) fn parse(args: TokenStream, errors: &mut Errors) -> RawArgs {
    let mut raw = RawArgs::default();
    let mut seen = Seen::default();
    // `#[smart_chart("revenue")]` is reported as an entry without a key
    raw.tried_name = matches!(args.clone().into_iter().next(), Some(TokenTree::Literal(_)));
    let read = |input: ParseStream| {
        keys::read_entries(
            input,
            errors,
            "name",
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
    raw.tried_name |= key.name == "name" || ARGUMENTS.nearest(&key.name) == Some("name");
    keys::accept(key, &ARGUMENTS, seen, errors)?;
    match key.name.as_str() {
        "name" => raw.name = Some(keys::string(key, input, errors)?),
        "collection" => raw.collection = Some(keys::string(key, input, errors)?),
        _ => raw.runtime = Some(keys::module(key, input, errors)?),
    }
    Some(())
}
