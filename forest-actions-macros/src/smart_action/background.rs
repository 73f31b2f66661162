//! Reads and validates `background` and the arguments that go with it.

use super::model::{Background, Function, Kind};
use super::parse::RawArgs;
use super::signature::own_name;
use crate::errors::Errors;
use crate::keys::{self, Key, Seen, Vocabulary};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{LitInt, LitStr, token};

const ARGUMENTS: Vocabulary = Vocabulary {
    accepted: &["over"],
    aliases: &[("above", "over"), ("threshold", "over"), ("more_than", "over")],
};

/// The arguments that need `background`.
const OTHERS: [&str; 5] = ["wait", "attempts", "stall", "one_at_a_time", "keep"];

const EXAMPLE: &str = "\n  help: write `background` alone, or `background(over = 500)`";

/// Units of durations, in milliseconds.
const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", SECOND), ("m", 60 * SECOND), ("h", HOUR), ("d", DAY)];
const SECOND: u64 = 1_000;
const HOUR: u64 = 60 * 60 * SECOND;
const DAY: u64 = 24 * HOUR;

const MAX_ATTEMPTS: u32 = 100;

/// The largest `max_records` with which a run may take `RecordIds`.
const MAX_KEYS: u64 = 10_000;

/// Help of the messages about a file as the answer.
const FILE: &str = "a file cannot be the answer of a run in the background: the browser is answered before the run \
                    ends\n  help: store the file and answer with a link, or leave `background` out";

/// The value of `background`.
pub(crate) struct RawBackground {
    over: Option<LitInt>,
}

/// Reads `background` and `background(over = n)` behind the key.
pub(crate) fn read(key: &Key, input: ParseStream, errors: &mut Errors) -> Option<RawBackground> {
    if Key::is_alone(input) {
        return Some(RawBackground { over: None });
    }
    if !input.peek(token::Paren) {
        let found = keys::found(input);
        errors.on(
            &found.token,
            format!(
                "`background` takes no value, or a list in parentheses, found {}{EXAMPLE}",
                found.text
            ),
        );
        return None;
    }
    let list = keys::list(key, input, errors, "over = 500")?;
    if list.stream().is_empty() {
        errors.on(&list, format!("`background` has an empty list{EXAMPLE}"));
        return None;
    }
    let mut seen = Seen::default();
    let mut over = None;
    let read = |input: ParseStream| {
        keys::read_entries(
            input,
            errors,
            "over",
            |word| ARGUMENTS.has(word),
            |key, input, errors| {
                if OTHERS.contains(&key.name.as_str()) {
                    let message = format!(
                        "`{0}` stands beside `background`\n  help: write `background, {0}`",
                        key.name
                    );
                    errors.on(&key.token, message);
                    return None;
                }
                keys::accept(key, &ARGUMENTS, &mut seen, errors)?;
                over = Some(keys::integer(key, input, errors)?);
                Some(())
            },
        );
        Ok(())
    };
    read.parse2(list.stream()).ok()?;
    Some(RawBackground { over })
}

/// Reads `= "5m"`; `example` is a duration that fits the key.
pub(crate) fn read_duration(key: &Key, example: &str, input: ParseStream, errors: &mut Errors) -> Option<LitStr> {
    let example = format!("\"{example}\"");
    keys::value(key, input, errors, "a duration", &example, |input, errors| {
        if input.peek(LitStr) {
            return input.parse().ok();
        }
        let found = keys::found(input);
        errors.on(
            &found.token,
            format!(
                "`{name}` takes a duration, found {found}\n  help: write `{name} = {example}`",
                name = key.name,
                found = found.text
            ),
        );
        None
    })
}

/// Validates the arguments of runs in the background, and refuses what such a run cannot have.
pub(crate) fn check(
    args: &RawArgs,
    function: Option<&Function>,
    kind: Kind,
    errors: &mut Errors,
) -> Option<Background> {
    let mut limited = |key: &str, literal: &Option<LitStr>, least: &str, most: &str| {
        literal
            .as_ref()
            .map(|literal| within(key, literal, least, most, errors))
    };
    let wait = limited("wait", &args.wait, "0s", "8s");
    let stall = limited("stall", &args.stall, "1s", "24h");
    let keep = limited("keep", &args.keep, "1h", "3650d");
    let attempts = args.attempts.as_ref().map(|literal| attempts(literal, errors));
    let Some(background) = &args.background else {
        if !args.attempted("background") {
            alone(args, errors);
        }
        return None;
    };
    let over = background
        .over
        .as_ref()
        .map(|literal| over(literal, args, kind, errors));
    if let Some(download) = args.download.as_ref().filter(|literal| literal.value) {
        errors.on(download, FILE);
    }
    if let Some(function) = function {
        arguments(args, function, kind, errors);
    }
    Some(Background {
        over,
        wait,
        attempts,
        stall,
        one_at_a_time: args.one_at_a_time.is_some(),
        keep,
    })
}

/// Refuses the arguments that need `background`.
fn alone(args: &RawArgs, errors: &mut Errors) {
    let given: [Option<TokenStream>; 5] = [
        args.wait.as_ref().map(ToTokens::to_token_stream),
        args.attempts.as_ref().map(ToTokens::to_token_stream),
        args.stall.as_ref().map(ToTokens::to_token_stream),
        args.one_at_a_time.clone(),
        args.keep.as_ref().map(ToTokens::to_token_stream),
    ];
    for (key, token) in OTHERS.into_iter().zip(given) {
        if let Some(token) = token {
            errors.on(
                token,
                format!("`{key}` is about runs in the background\n  help: write `background`"),
            );
        }
    }
}

/// Refuses the extractors that need the request, or all keys of a selection of any size.
fn arguments(args: &RawArgs, function: &Function, kind: Kind, errors: &mut Errors) {
    let limit = args.max_records.as_ref();
    let has_few_keys = match limit {
        Some(limit) => limit.base10_parse::<u64>().is_ok_and(|limit| limit <= MAX_KEYS),
        None => args.attempted("max_records"),
    };
    for ty in &function.arguments {
        let Some(name) = own_name(ty) else { continue };
        if name == "HttpRequest" || name == "Payload" {
            errors.on(
                ty,
                format!(
                    "there is no request when the run goes on: `{name}` is only available without `background`\n  help: take \
                     the submitted values as `Form<T>` or `Values`, and the user as `Caller`"
                ),
            );
        }
        if name == "RecordIds" && matches!(kind, Kind::Bulk) && !has_few_keys {
            let found = limit.map(|limit| format!(", found {limit}")).unwrap_or_default();
            errors.on(
                ty,
                format!(
                    "`RecordIds` reads all keys at once: in the background it needs a `max_records` of at most 10,000{found}\n  \
                     help: take `Selection` or `Records<T>`, which are read in chunks"
                ),
            );
        }
    }
}

fn over(literal: &LitInt, args: &RawArgs, kind: Kind, errors: &mut Errors) -> u64 {
    let number = literal.base10_parse::<u64>().ok();
    let limit = args.max_records.as_ref().and_then(|limit| limit.base10_parse().ok());
    match (kind, number) {
        (Kind::Bulk, Some(number)) if number > 0 && limit.is_some_and(|limit: u64| number >= limit) => errors.on(
            literal,
            "`over` is not below `max_records`, so no run would be in the background",
        ),
        (Kind::Bulk, Some(number)) if number > 0 => return number,
        (Kind::Bulk, _) => errors.on(
            literal,
            "`over` is a number of records, at least 1\n  help: write `background` alone for every run",
        ),
        (Kind::Single, _) => errors.on(
            literal,
            "`over` is for bulk actions: a single one runs on exactly one record\n  help: write `background` alone",
        ),
        (Kind::Global, _) => errors.on(
            literal,
            "`over` is for bulk actions: a global one runs on no record\n  help: write `background` alone",
        ),
    }
    1
}

fn attempts(literal: &LitInt, errors: &mut Errors) -> u32 {
    match literal.base10_parse() {
        Ok(number @ 1..=MAX_ATTEMPTS) => number,
        _ => {
            errors.on(
                literal,
                format!("`attempts` is a whole number from 1 to {MAX_ATTEMPTS}, found `{literal}`"),
            );
            1
        }
    }
}

/// The milliseconds of a duration between two others.
fn within(key: &str, literal: &LitStr, least: &str, most: &str, errors: &mut Errors) -> u64 {
    let text = literal.value();
    let problem = match millis(&text) {
        Ok(millis) if (self::millis(least)..=self::millis(most)).contains(&Ok(millis)) => return millis,
        Ok(_) => format!("is from `\"{least}\"` to `\"{most}\"`, found `\"{text}\"`"),
        Err(problem) => problem,
    };
    errors.on(literal, format!("`{key}` {problem}"));
    0
}

/// Reads `"800ms"`, `"5m"`: a whole number and a unit.
fn millis(text: &str) -> Result<u64, String> {
    const HELP: &str = "\n  help: write a whole number and a unit, `ms`, `s`, `m`, `h` or `d`: for instance `\"5m\"`";
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, millis)| *millis);
    match (number, unit) {
        ("", _) | (_, None) => Err(format!("is a duration, found `\"{text}\"`{HELP}")),
        // A number out of range is longer than any limit.
        (number, Some(unit)) => Ok(number.parse().unwrap_or(u64::MAX).saturating_mul(unit)),
    }
}

#[cfg(test)]
mod tests {
    use super::millis;

    #[test]
    fn durations() {
        for (text, expected) in [
            ("0s", 0),
            ("800ms", 800),
            ("08s", 8_000),
            ("5m", 300_000),
            ("24h", 86_400_000),
            ("90d", 7_776_000_000),
            ("99999999999999999999d", u64::MAX),
        ] {
            assert_eq!(millis(text), Ok(expected), "{text}");
        }
        for text in [
            "", "5", "s", "5 m", "-5s", "+5s", "1.5s", "5M", "5min", "5s ", "1h30m", "1_000ms", "٣s",
        ] {
            assert!(millis(text).is_err(), "{text}");
        }
    }
}
