//! `actions![companies::mark_as_live, …]`: the paths of actions as an array of their descriptors.
//!
//! The compiler checks that a path leads to an action.

use crate::errors::Errors;
use crate::keys::found;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{ExprPath, Path, PathArguments, Token};

/// The name of the static that holds the descriptor of the action written as the function `function`.
pub(crate) fn static_name(function: &Ident) -> Ident {
    format_ident!("__smart_action_{}", function.unraw(), span = function.span())
}

/// Expands `actions![…]` to an array expression of the entries that are right.
pub(crate) fn actions(input: TokenStream) -> (TokenStream, Errors) {
    let mut errors = Errors::about("`actions![]`");
    let mut statics = Vec::new();
    let read = |input: ParseStream| {
        while !input.is_empty() {
            statics.extend(entry(input, &mut errors));
            skip_past_comma(input);
        }
        Ok(())
    };
    if let Err(error) = read.parse2(input) {
        errors.syntax(&error);
    }
    (quote!([#(&#statics),*]), errors)
}

fn entry(input: ParseStream, errors: &mut Errors) -> Option<Path> {
    const HELP: &str = "\n  help: write the function's path alone, for instance `companies::mark_as_live`";
    let start = found(input);
    let Ok(expression) = input.parse::<ExprPath>() else {
        errors.on(
            &start.token,
            format!("expected the path of an action, found {}{HELP}", start.text),
        );
        return None;
    };
    if !input.is_empty() && !input.peek(Token![,]) {
        let rest = found(input);
        let message = match rest.text.as_str() {
            "`(…)`" => format!("expected the path of an action, found a call{HELP}"),
            "`!`" => format!("expected the path of an action, found a macro{HELP}"),
            text => format!("expected `,` after the path of an action, found {text}"),
        };
        errors.on(&rest.token, message);
        return None;
    }
    if let Some(qself) = &expression.qself {
        let message = format!(
            "an action is a free function, found an associated one of `{}`",
            qself.ty.to_token_stream()
        );
        errors.on(&expression, message);
        return None;
    }
    let mut path = expression.path;
    for segment in &path.segments {
        if !matches!(segment.arguments, PathArguments::None) {
            errors.on(
                &segment.arguments,
                format!("the path of an action has no generic arguments{HELP}"),
            );
            return None;
        }
    }
    let last = path.segments.last_mut()?;
    if matches!(last.ident.to_string().as_str(), "self" | "super" | "crate" | "Self") {
        errors.on(
            &last.ident,
            format!("expected the path of an action, found `{}`{HELP}", last.ident),
        );
        return None;
    }
    last.ident = static_name(&last.ident);
    Some(path)
}

fn skip_past_comma(input: ParseStream) {
    while !input.is_empty() {
        match input.parse::<TokenTree>() {
            Ok(TokenTree::Punct(punct)) if punct.as_char() == ',' => return,
            Ok(_) => {}
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::actions;
    use crate::testing::messages;
    use proc_macro2::TokenStream;

    fn tokens(source: &str) -> TokenStream {
        source.parse().unwrap()
    }

    #[test]
    fn paths_expand_to_references_to_their_statics() {
        for (source, expected) in [
            ("", "[]"),
            ("mark_as_live", "[&__smart_action_mark_as_live]"),
            ("a::r#move,", "[&a::__smart_action_move]"),
            (
                "companies::mark_as_live, ::users::reset_password, self::x, super::y, crate::z::w",
                "[&companies::__smart_action_mark_as_live, &::users::__smart_action_reset_password, \
                 &self::__smart_action_x, &super::__smart_action_y, &crate::z::__smart_action_w]",
            ),
        ] {
            let (list, errors) = actions(tokens(source));
            assert_eq!(messages(&errors), [], "{source}");
            // Without white space, which depends on how the punctuation was made.
            let text = |list: TokenStream| list.to_string().replace(' ', "");
            assert_eq!(text(list), text(tokens(expected)), "{source}");
        }
    }

    #[test]
    fn non_path_entries_are_reported_and_the_others_are_kept() {
        let help = "\n  help: write the function's path alone, for instance `companies::mark_as_live`";
        let (list, errors) = actions(tokens(
            "a::b(), \"c\", d::<T>, e, <F as G>::h, i j, k!(), |x| x, self, 3",
        ));
        let expected = [
            ("expected the path of an action, found a call", "()", true),
            ("expected the path of an action, found `\"c\"`", "\"c\"", true),
            ("the path of an action has no generic arguments", "::<T>", true),
            (
                "an action is a free function, found an associated one of `F`",
                "<F as G>::h",
                false,
            ),
            ("expected `,` after the path of an action, found `j`", "j", false),
            ("expected the path of an action, found a macro", "!", true),
            ("expected the path of an action, found `|`", "|", true),
            ("expected the path of an action, found `self`", "self", true),
            ("expected the path of an action, found `3`", "3", true),
        ]
        .map(|(message, token, has_help)| {
            (
                format!("`actions![]`: {message}{}", if has_help { help } else { "" }),
                token.to_owned(),
            )
        });
        assert_eq!(messages(&errors), expected);
        assert_eq!(list.to_string(), tokens("[&__smart_action_e]").to_string());
    }
}
