//! Changes of requests, at the level of bytes and of JSON.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::generate::{text, value};
use crate::random::Random;
use crate::request::Request;

/// The characters that a header may have.
pub(crate) fn visible(text: &str) -> String {
    text.chars()
        .filter(|character| (' '..='~').contains(character))
        .take(200)
        .collect()
}

/// Changes the body or the target of a request at up to five places.
pub(crate) fn mutate(random: &mut Random, request: &mut Request) {
    for _ in 0..=random.below(4) {
        match (&mut request.body, random.chance(70)) {
            (Some(body), true) => {
                if random.chance(60)
                    && let Ok(mut json) = serde_json::from_slice::<Value>(body)
                {
                    mutate_json(random, &mut json);
                    *body = json.to_string().into_bytes();
                } else {
                    mutate_bytes(random, body);
                }
            }
            _ => {
                let mut target = std::mem::take(&mut request.target).into_bytes();
                mutate_bytes(random, &mut target);
                // what ends a request line would make another request of the rest
                let is_sent = |byte: &u8| (0x21..=0x7e).contains(byte);
                request.target =
                    String::from_utf8_lossy(&target.into_iter().filter(is_sent).collect::<Vec<_>>()).into_owned();
                if !request.target.starts_with('/') {
                    request.target.insert(0, '/');
                }
            }
        }
    }
}

/// A text for a header, with a change.
pub(crate) fn mutated_text(random: &mut Random, text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    mutate_bytes(random, &mut bytes);
    visible(&String::from_utf8_lossy(&bytes)).chars().take(4000).collect()
}

fn mutate_bytes(random: &mut Random, bytes: &mut Vec<u8>) {
    let place = random.below(bytes.len() + 1);
    match random.below(6) {
        0 if place < bytes.len() => bytes[place] ^= 1 << random.below(8),
        1 if place < bytes.len() => {
            bytes.remove(place);
        }
        2 => bytes.truncate(place),
        3 => {
            let end = (place + random.below(20)).min(bytes.len());
            let copy = bytes[place..end].to_vec();
            bytes.splice(place..place, copy);
        }
        4 => {
            let piece: Cow<'_, [u8]> = match random.below(4) {
                0 => Cow::Owned(vec![random.next() as u8]),
                1 => Cow::Borrowed(random.pick(&[
                    b"%00".as_slice(),
                    b"%ff",
                    b"%2F",
                    b"&",
                    b"=",
                    b"[]",
                    b"\\ud800",
                    b"{",
                    b"}",
                    b"\"",
                    b"\\u0000",
                    b"1e999",
                ])),
                _ => Cow::Owned(text(random).into_bytes()),
            };
            bytes.splice(place..place, piece.iter().copied());
        }
        _ if place < bytes.len() => bytes[place] = random.next() as u8,
        _ => {}
    }
}

/// Replaces, removes or nests one part of a document.
fn mutate_json(random: &mut Random, json: &mut Value) {
    let is_here = random.chance(15);
    match json {
        Value::Object(members) if !is_here && !members.is_empty() => {
            let at = random.below(members.len());
            let Some(name) = members.keys().nth(at).cloned() else {
                return;
            };
            match random.below(8) {
                0 => {
                    members.remove(&name);
                }
                1 => {
                    let moved = members.remove(&name).unwrap_or_default();
                    members.insert(text(random), moved);
                }
                _ => {
                    if let Some(member) = members.get_mut(&name) {
                        mutate_json(random, member);
                    }
                }
            }
        }
        Value::Array(items) if !is_here && !items.is_empty() => {
            let at = random.below(items.len());
            mutate_json(random, &mut items[at]);
        }
        other => {
            *other = match random.below(4) {
                0 => (0..random.below(200)).fold(other.take(), |inner, _| json!([inner])),
                1 => json!({"a": other.take()}),
                _ => value(random, 3),
            };
        }
    }
}
