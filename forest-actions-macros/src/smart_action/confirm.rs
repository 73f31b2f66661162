//! Reads `confirm = "text"`, `confirm = path` and `confirm(text = "…", type_word = "…", type_count, over = n, field = "…")`.

use super::model::{Answer, Confirm, Question};
use crate::errors::Errors;
use crate::keys::{self, Callee, Key, Seen, Vocabulary};
use syn::parse::{ParseStream, Parser};
use syn::{LitInt, LitStr, token};

const ARGUMENTS: Vocabulary = Vocabulary {
    accepted: &["text", "type_word", "type_count", "over", "field"],
    aliases: &[
        ("message", "text"),
        ("word", "type_word"),
        ("count", "type_count"),
        ("above", "over"),
        ("name", "field"),
    ],
};

const EXAMPLE: &str = "text = \"Refund {count} payments?\", type_word = \"REFUND\"";

/// The name of the field for the answer.
const FIELD: &str = "Confirm";

/// Reads the question behind its key.
pub(crate) fn read(key: &Key, input: ParseStream, errors: &mut Errors) -> Option<Confirm> {
    if input.peek(token::Paren) {
        let list = keys::list(key, input, errors, EXAMPLE)?;
        return declared(key, list.stream(), errors);
    }
    let what = "a text, the path of an async function, or a list in parentheses";
    keys::value(
        key,
        input,
        errors,
        what,
        "\"Go on with {count} records?\"",
        |input, errors| {
            let question = if input.peek(LitStr) {
                let text: LitStr = input.parse().ok()?;
                keys::not_blank("confirm", &text, errors);
                Question::Declared {
                    text: Some(text),
                    answer: Answer::Tick,
                    over: None,
                }
            } else {
                Question::Function(keys::function_path(&key.name, Callee::Async, input, errors)?)
            };
            Some(Confirm {
                field: FIELD.to_owned(),
                question,
            })
        },
    )
}

fn declared(key: &Key, list: proc_macro2::TokenStream, errors: &mut Errors) -> Option<Confirm> {
    let mut seen = Seen::default();
    let mut text: Option<LitStr> = None;
    let mut word: Option<LitStr> = None;
    let mut counts = false;
    let mut over: Option<LitInt> = None;
    let mut field = FIELD.to_owned();
    let read = |input: ParseStream| {
        keys::read_entries(
            input,
            errors,
            "text",
            |word| ARGUMENTS.has(word),
            |key, input, errors| {
                keys::accept(key, &ARGUMENTS, &mut seen, errors)?;
                match key.name.as_str() {
                    "text" => text = Some(keys::string(key, input, errors)?),
                    "type_word" => word = Some(keys::string(key, input, errors)?),
                    "type_count" => {
                        keys::flag(key, input, errors)?;
                        counts = true;
                    }
                    "over" => over = Some(keys::integer(key, input, errors)?),
                    _ => field = keys::not_blank("field", &keys::string(key, input, errors)?, errors),
                }
                Some(())
            },
        );
        Ok(())
    };
    read.parse2(list).ok()?;
    if let Some(word) = &word {
        let text = keys::not_blank("type_word", word, errors);
        if text.trim() != text {
            errors.on(word, "`type_word` begins or ends with white space, which is invisible");
        }
    }
    if seen.has("type_word") && counts {
        errors.on(
            &key.token,
            "`confirm` asks for one answer, found `type_word` and `type_count`",
        );
    }
    let answer = match (word, counts) {
        (Some(word), _) => Answer::Word(word),
        (None, true) => Answer::Count,
        (None, false) => Answer::Tick,
    };
    if text.is_none() && matches!(answer, Answer::Tick) && !seen.has("text") && !seen.has("type_word") {
        errors.on(
            &key.token,
            format!("`confirm` has no question\n  help: write `confirm({EXAMPLE})`"),
        );
    }
    Some(Confirm {
        field,
        question: Question::Declared { text, answer, over },
    })
}
