//! Reads `can_run = path` and `can_run = filter(expression, "reason")`.

use super::model::Rule;
use crate::errors::Errors;
use crate::keys::{self, Callee, Key};
use proc_macro2::Group;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, LitStr, Token, token};

const EXAMPLE: &str =
    "\n  help: write `can_run = filter(Filter::leaf(\"status\", Operator::Equal, \"open\"), \"not open\")`";

/// Reads the rule behind its key.
pub(crate) fn read(key: &Key, input: ParseStream, errors: &mut Errors) -> Option<Rule> {
    keys::value(
        key,
        input,
        errors,
        "the path of a function, or a filter",
        "my_rule",
        |input, errors| {
            let is_filter = input.fork().parse::<Ident>().is_ok_and(|ident| ident == "filter");
            if is_filter && input.peek2(token::Paren) {
                return filter(input, errors);
            }
            keys::function_path(&key.name, Callee::Plain, input, errors).map(Rule::Function)
        },
    )
}

fn filter(input: ParseStream, errors: &mut Errors) -> Option<Rule> {
    let word: Ident = input.parse().ok()?;
    let read = |input: ParseStream| {
        let filter: Expr = input.parse()?;
        input.parse::<Token![,]>()?;
        let reason: LitStr = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        if input.is_empty() {
            return Ok(Rule::Filter { filter, reason });
        }
        Err(input.error("unexpected"))
    };
    let group: Group = input.parse().ok()?;
    match read.parse2(group.stream()) {
        Ok(Rule::Filter { reason, .. }) if reason.value().trim().is_empty() => {
            errors.on(&reason, "the reason of a filter is blank, and it is shown to the user");
            None
        }
        Ok(rule) => Some(rule),
        Err(_) => {
            errors.on(
                &word,
                format!("`filter` takes a filter and the reason for the records outside of it{EXAMPLE}"),
            );
            None
        }
    }
}
