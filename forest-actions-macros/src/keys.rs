//! Parses `key = value, flag, list(…)`, the argument syntax of every macro of this crate.
//!
//! Parsing continues after a mistake; syn's own `meta::parser` stops at the first one.

use crate::errors::Errors;
use crate::names;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, ExprPath, Ident, LitBool, LitInt, LitStr, Token, token};

/// A closed set of words, and words from elsewhere that stand for some of them.
pub(crate) struct Vocabulary {
    /// The words that are accepted, in the order in which messages list them.
    pub(crate) accepted: &'static [&'static str],
    /// Words of other agents, with their names in this crate.
    pub(crate) aliases: &'static [(&'static str, &'static str)],
}

impl Vocabulary {
    pub(crate) fn has(&self, word: &str) -> bool {
        self.accepted.contains(&word)
    }

    /// The accepted word that was probably meant by `word`, if any is near enough.
    pub(crate) fn nearest(&self, word: &str) -> Option<&'static str> {
        let word = snake_case(word);
        if let Some(accepted) = self
            .accepted
            .iter()
            .find(|accepted| accepted.eq_ignore_ascii_case(&word))
        {
            return Some(accepted);
        }
        if let Some((_, accepted)) = self.aliases.iter().find(|(alias, _)| *alias == word) {
            return Some(accepted);
        }
        // A third of the letters may be wrong: `colection`, `nmae`; a short word has to be nearly right.
        let allowed = (word.chars().count() / 3).max(1);
        self.accepted
            .iter()
            .map(|accepted| (strsim::osa_distance(&word, &accepted.to_ascii_lowercase()), *accepted))
            .filter(|(distance, _)| *distance <= allowed)
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, accepted)| accepted)
    }

    /// The lines below a message about the unknown word `word`: the nearest guess, and the accepted words, each wrapped
    /// in `quote` for values that are written as strings.
    pub(crate) fn advice(&self, word: &str, quote: &str) -> String {
        let guess = match self.nearest(word) {
            Some(nearest) => format!("\n  help: did you mean `{quote}{nearest}{quote}`?"),
            None => String::new(),
        };
        let accepted: Vec<String> = self
            .accepted
            .iter()
            .map(|word| format!("`{quote}{word}{quote}`"))
            .collect();
        format!("{guess}\n  note: accepted: {}", accepted.join(", "))
    }
}

/// `submitButtonLabel` as `submit_button_label`; anything else as it is.
fn snake_case(word: &str) -> String {
    if !word.chars().any(|c| c.is_ascii_lowercase()) {
        return word.to_ascii_lowercase();
    }
    let mut snake = String::with_capacity(word.len());
    for (position, c) in word.chars().enumerate() {
        if c.is_ascii_uppercase() && position > 0 {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// Reads comma-separated entries, each beginning with a key, until the input is used up.
///
/// For each key that is an identifier, `entry` reads the rest and may push errors; on `None` the loop resumes at the
/// next likely entry. The loop reports invalid keys and tokens left over after a value. Keywords are keys too
/// (`crate`). `example` is a key that takes a string, for the message about a string without a key.
pub(crate) fn read_entries(
    input: ParseStream,
    errors: &mut Errors,
    example: &str,
    is_key: impl Fn(&str) -> bool,
    mut entry: impl FnMut(&Key, ParseStream, &mut Errors) -> Option<()>,
) {
    while !input.is_empty() {
        let Some(key) = Key::read(input, errors, example) else {
            skip_to_next_key(input, &is_key);
            continue;
        };
        let read = entry(&key, input, errors);
        if read.is_some() && Key::is_alone(input) {
            // Either the comma or the end.
            let _comma = input.parse::<Option<Token![,]>>();
            continue;
        }
        if read.is_some() {
            let found = found(input);
            errors.on(
                &found.token,
                format!("expected `,` after `{}`, found {}", key.name, found.text),
            );
        }
        skip_to_next_key(input, &is_key);
    }
}

/// The word before `=` or `(`.
pub(crate) struct Key {
    /// The word, without `r#`.
    pub(crate) name: String,
    /// The word as it stands in the source, for errors.
    pub(crate) token: TokenStream,
}

impl Key {
    fn read(input: ParseStream, errors: &mut Errors, example: &str) -> Option<Self> {
        if input.peek(LitStr) {
            let literal: LitStr = input.parse().ok()?;
            errors.on(
                &literal,
                format!(
                    "expected `key = value`, found a string\n  help: say what it is, for instance `{example} = {}`",
                    literal.to_token_stream()
                ),
            );
            return None;
        }
        if !input.peek(Ident::peek_any) {
            let found = found(input);
            errors.on(&found.token, format!("expected `key = value`, found {}", found.text));
            return None;
        }
        let ident = Ident::parse_any(input).ok()?;
        if input.peek(Token![::]) {
            errors.on(
                &ident,
                format!("expected `key = value`, found a path that starts with `{ident}`"),
            );
            return None;
        }
        Some(Self {
            name: ident.unraw().to_string(),
            token: ident.into_token_stream(),
        })
    }

    pub(crate) fn is_alone(input: ParseStream) -> bool {
        input.is_empty() || input.peek(Token![,])
    }
}

/// The unexpected token.
pub(crate) struct Found {
    /// The token, empty at the end of the input.
    pub(crate) token: TokenStream,
    /// The token in backticks, shortened where it is a group; ``nothing`` at the end.
    pub(crate) text: String,
}

/// Looks at the next token without taking it.
pub(crate) fn found(input: ParseStream) -> Found {
    match input.fork().parse::<TokenTree>() {
        Ok(token) => Found {
            text: format!("`{}`", describe(&token)),
            token: token.into_token_stream(),
        },
        Err(_) => Found {
            text: "nothing".to_owned(),
            token: TokenStream::new(),
        },
    }
}

fn describe(token: &TokenTree) -> String {
    let TokenTree::Group(group) = token else {
        return token.to_string();
    };
    match group.delimiter() {
        Delimiter::Parenthesis => "(…)".to_owned(),
        Delimiter::Brace => "{…}".to_owned(),
        Delimiter::Bracket => "[…]".to_owned(),
        Delimiter::None => group.stream().to_string(),
    }
}

/// Takes tokens up to and with the next comma behind which an entry seems to start, or all of them.
///
/// Commas inside a value that could not be read (`Map<A, B>`) are thus not taken for the end of the entry, unless
/// the word behind them is a key; a word that `=`, `(`, a comma or the end follows is an entry as well, so that a
/// second unknown key is reported too.
fn skip_to_next_key(input: ParseStream, is_key: &impl Fn(&str) -> bool) {
    while !input.is_empty() {
        let Ok(token) = input.parse::<TokenTree>() else {
            return;
        };
        let TokenTree::Punct(punct) = &token else {
            continue;
        };
        if punct.as_char() != ',' {
            continue;
        }
        let ahead = input.fork();
        let starts_entry = match Ident::parse_any(&ahead) {
            Ok(ident) => is_key(&ident.unraw().to_string()) || is_entry_head(&ahead),
            Err(_) => ahead.peek(LitStr) || ahead.peek(syn::Lit),
        };
        if starts_entry {
            return;
        }
    }
}

fn is_entry_head(after_word: ParseStream) -> bool {
    (after_word.peek(Token![=]) && !after_word.peek(Token![==]))
        || after_word.peek(Token![,])
        || after_word.peek(token::Paren)
        || after_word.is_empty()
}

/// Keys met so far, to refuse a second one.
#[derive(Default)]
pub(crate) struct Seen(Vec<String>);

impl Seen {
    /// Notes `name`; `false` when it was there before.
    pub(crate) fn insert(&mut self, name: &str) -> bool {
        let is_new = !self.has(name);
        if is_new {
            self.0.push(name.to_owned());
        }
        is_new
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|seen| seen == name)
    }
}

/// Refuses a key that is not in `vocabulary`, and one that was `seen` before.
pub(crate) fn accept(key: &Key, vocabulary: &Vocabulary, seen: &mut Seen, errors: &mut Errors) -> Option<()> {
    let name = key.name.as_str();
    if !vocabulary.has(name) {
        errors.on(
            &key.token,
            format!("unknown argument `{name}`{}", vocabulary.advice(name, "")),
        );
        return None;
    }
    accept_once(key, seen, errors)
}

/// Refuses a key that was `seen` before.
pub(crate) fn accept_once(key: &Key, seen: &mut Seen, errors: &mut Errors) -> Option<()> {
    if seen.insert(&key.name) {
        return Some(());
    }
    errors.on(&key.token, format!("`{}` is given twice", key.name));
    None
}

/// Reads `= value` with `read`, or reports that `key` takes `what` (shown by `example`).
pub(crate) fn value<T>(
    key: &Key,
    input: ParseStream,
    errors: &mut Errors,
    what: &str,
    example: &str,
    read: impl FnOnce(ParseStream, &mut Errors) -> Option<T>,
) -> Option<T> {
    let help = format!("\n  help: write `{} = {example}`", key.name);
    if !input.peek(Token![=]) {
        let instead = if Key::is_alone(input) {
            "nothing".to_owned()
        } else {
            found(input).text
        };
        errors.on(
            &key.token,
            format!("`{}` takes {what}, found {instead}{help}", key.name),
        );
        return None;
    }
    let equals: Token![=] = input.parse().ok()?;
    if Key::is_alone(input) {
        errors.on(equals, format!("`{}` takes {what}, found nothing{help}", key.name));
        return None;
    }
    read(input, errors)
}

/// Reads `= "text"`.
pub(crate) fn string(key: &Key, input: ParseStream, errors: &mut Errors) -> Option<LitStr> {
    value(key, input, errors, "a string", "\"…\"", |input, errors| {
        if input.peek(LitStr) {
            return input.parse().ok();
        }
        let found = found(input);
        let is_word = input.peek(Ident) && !input.peek2(Token![!]) && !input.peek2(Token![::]);
        let help = if is_word || input.peek(LitBool) || input.peek(LitInt) {
            format!("\n  help: write `{} = \"{}\"`", key.name, found.token)
        } else {
            "\n  note: macros and constants are not accepted, as the text is needed at compile time".to_owned()
        };
        errors.on(
            &found.token,
            format!("`{}` takes a string, found {}{help}", key.name, found.text),
        );
        None
    })
}

/// A text that shows something: not empty, not only white space.
pub(crate) fn not_blank(key: &str, literal: &LitStr, errors: &mut Errors) -> String {
    let text = literal.value();
    if names::trim(&text).is_empty() {
        let what = if text.is_empty() { "empty" } else { "blank" };
        errors.on(literal, format!("`{key}` is {what}"));
    }
    text
}

/// Reads `= true` or `= false`.
pub(crate) fn boolean(key: &Key, input: ParseStream, errors: &mut Errors) -> Option<LitBool> {
    value(key, input, errors, "`true` or `false`", "true", |input, errors| {
        if input.peek(LitBool) {
            return input.parse().ok();
        }
        let found = found(input);
        errors.on(
            &found.token,
            format!("`{}` takes `true` or `false`, found {}", key.name, found.text),
        );
        None
    })
}

/// Reads a key that takes a whole number.
pub(crate) fn integer(key: &Key, input: ParseStream, errors: &mut Errors) -> Option<LitInt> {
    value(key, input, errors, "a whole number", "100", |input, errors| {
        if input.peek(LitInt) {
            return input.parse().ok();
        }
        let found = found(input);
        errors.on(
            &found.token,
            format!("`{}` takes a whole number, found {}", key.name, found.text),
        );
        None
    })
}

/// Reads a key that takes no value.
pub(crate) fn flag(key: &Key, input: ParseStream, errors: &mut Errors) -> Option<()> {
    if Key::is_alone(input) {
        return Some(());
    }
    let found = found(input);
    errors.on(
        &found.token,
        format!(
            "`{name}` takes no value, found {found}\n  help: write `{name}` alone, or leave it out",
            name = key.name,
            found = found.text
        ),
    );
    None
}

/// Reads a key that may stand alone for `true`, or take `= true` or `= false`.
pub(crate) fn flag_or_boolean(key: &Key, input: ParseStream, errors: &mut Errors) -> Option<bool> {
    if Key::is_alone(input) {
        return Some(true);
    }
    boolean(key, input, errors).map(|literal| literal.value)
}

/// Reads `= expression`; `what` names the expected kind, which only the compiler can check.
pub(crate) fn expression(
    key: &Key,
    input: ParseStream,
    errors: &mut Errors,
    what: &str,
    example: &str,
) -> Option<Expr> {
    value(key, input, errors, what, example, |input, errors| {
        input.parse().map_err(|error| errors.syntax(&error)).ok()
    })
}

/// Reads `= Type`.
pub(crate) fn ty(key: &Key, input: ParseStream, errors: &mut Errors) -> Option<syn::Type> {
    value(key, input, errors, "a type", "MyType", |input, errors| {
        if input.peek(LitStr) {
            let literal: LitStr = input.parse().ok()?;
            errors.on(
                &literal,
                format!(
                    "`{name}` takes a type, found a string\n  help: write `{name} = {value}`",
                    name = key.name,
                    value = literal.value()
                ),
            );
            return None;
        }
        parse(key, input, errors, "a type")
    })
}

/// Kind of function that a path should lead to, for messages; only the compiler can check it.
#[derive(Clone, Copy)]
pub(crate) enum Callee {
    /// An `async fn`, such as a hook.
    Async,
    /// An ordinary `fn`.
    Plain,
}

impl Callee {
    fn what(self) -> &'static str {
        match self {
            Self::Async => "the path of an async function",
            Self::Plain => "the path of a function",
        }
    }

    fn instead_of_closure(self) -> &'static str {
        match self {
            Self::Async => "make it an `async fn` and name that",
            Self::Plain => "make it a `fn` and name that",
        }
    }
}

/// Reads `= path::of::a_function`.
pub(crate) fn function(key: &Key, callee: Callee, input: ParseStream, errors: &mut Errors) -> Option<ExprPath> {
    value(key, input, errors, callee.what(), "my_function", |input, errors| {
        function_path(&key.name, callee, input, errors)
    })
}

/// Reads the path of a function; `name` is its purpose.
pub(crate) fn function_path(name: &str, callee: Callee, input: ParseStream, errors: &mut Errors) -> Option<ExprPath> {
    let mut refuse = |tokens: &dyn ToTokens, text: &str, help: &str| {
        let tokens = tokens.to_token_stream();
        errors.on(tokens, format!("`{name}` takes {}, found {text}{help}", callee.what()));
    };
    if input.peek(LitStr) {
        let literal: LitStr = input.parse().ok()?;
        refuse(
            &literal,
            "a string",
            &format!("\n  help: write `{}` without quotes", literal.value()),
        );
        return None;
    }
    if input.peek(Token![|]) || input.peek(Token![||]) || input.peek(Token![move]) || input.peek(Token![async]) {
        refuse(
            &found(input).token,
            "a closure",
            &format!("\n  help: {}", callee.instead_of_closure()),
        );
        return None;
    }
    let start = found(input);
    let Ok(path) = input.parse::<ExprPath>() else {
        refuse(&start.token, &start.text, "");
        return None;
    };
    if input.peek(token::Paren) {
        let path = path.to_token_stream().to_string().replace(' ', "");
        refuse(
            &found(input).token,
            "a call",
            &format!("\n  help: write `{path}` without the parentheses"),
        );
        return None;
    }
    Some(path)
}

/// Reads `= path` or `= "path"`, where the path is a module's.
pub(crate) fn module(key: &Key, input: ParseStream, errors: &mut Errors) -> Option<syn::Path> {
    value(
        key,
        input,
        errors,
        "the path of a crate",
        "my_crate::forest_actions",
        |input, errors| {
            if input.peek(LitStr) {
                let literal: LitStr = input.parse().ok()?;
                let path = literal.parse_with(syn::Path::parse_mod_style).ok();
                if path.is_none() {
                    errors.on(
                        &literal,
                        format!("`{}` takes the path of a crate, found `{}`", key.name, literal.token()),
                    );
                }
                return path;
            }
            let start = found(input);
            let path = input.call(syn::Path::parse_mod_style).ok();
            if path.is_none() {
                errors.on(
                    &start.token,
                    format!("`{}` takes the path of a crate, found {}", key.name, start.text),
                );
            }
            path
        },
    )
}

/// Reads the parentheses of `key(…)`.
pub(crate) fn list(key: &Key, input: ParseStream, errors: &mut Errors, example: &str) -> Option<Group> {
    if input.peek(token::Paren) {
        return input.parse().ok();
    }
    errors.on(
        &key.token,
        format!(
            "`{name}` takes a list in parentheses\n  help: write `{name}({example})`",
            name = key.name
        ),
    );
    None
}

fn parse<T: Parse>(key: &Key, input: ParseStream, errors: &mut Errors, what: &str) -> Option<T> {
    let start = found(input);
    let parsed = input.parse::<T>().ok();
    if parsed.is_none() {
        errors.on(
            &start.token,
            format!("`{}` takes {what}, found {}", key.name, start.text),
        );
    }
    parsed
}

#[cfg(test)]
mod tests {
    use super::Vocabulary;

    const WORDS: Vocabulary = Vocabulary {
        accepted: &["collection", "name", "kind", "http_method", "submit_button_label"],
        aliases: &[("type", "kind")],
    };

    #[test]
    fn suggestions_require_a_close_match() {
        for (word, nearest) in [
            ("colection", Some("collection")),
            ("nmae", Some("name")),
            ("Name", Some("name")),
            ("NAME", Some("name")),
            ("httpMethod", Some("http_method")),
            ("submitButtonLabel", Some("submit_button_label")),
            ("type", Some("kind")),
            ("colour", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(WORDS.nearest(word), nearest, "{word}");
        }
    }

    #[test]
    fn the_advice_lists_the_accepted_words() {
        assert_eq!(
            WORDS.advice("knd", "\""),
            "\n  help: did you mean `\"kind\"`?\n  note: accepted: `\"collection\"`, `\"name\"`, `\"kind\"`, \
             `\"http_method\"`, `\"submit_button_label\"`"
        );
    }
}
