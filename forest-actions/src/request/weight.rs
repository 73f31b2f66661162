//! The structure of a large body, which bounds the time of its parsing on a worker.

use bytes::Bytes;

use super::error::RequestError;

/// Maximum weight of a body. A worker parses that much in a few dozen milliseconds.
const MAX_WEIGHT: usize = 8 * 1024 * 1024;

/// Bytes for an escape of two characters.
const ESCAPE: usize = 4;

/// Checks a body that could be too heavy, off the worker. Smaller ones, which are nearly all, pass at once.
///
/// # Errors
/// A body with more than 8 MiB outside of its texts, where each escape in a text counts as four bytes.
pub(super) async fn check_weight(body: &Bytes) -> Result<(), RequestError> {
    if body.len() <= MAX_WEIGHT / (ESCAPE / 2) {
        return Ok(());
    }
    let shared = body.clone();
    match tokio::task::spawn_blocking(move || is_too_heavy(&shared)).await {
        Ok(false) => Ok(()),
        Ok(true) | Err(_) => Err(RequestError::InvalidBody {
            reason: "more than 8 MiB of it are no text of a value".to_owned(),
        }),
    }
}

fn is_too_heavy(body: &[u8]) -> bool {
    let mut left = MAX_WEIGHT;
    let mut bytes = body.iter();
    let mut is_inside = false;
    while let Some(byte) = bytes.next() {
        let weight = match (is_inside, byte) {
            (true, b'\\') => {
                bytes.next();
                ESCAPE
            }
            (true, b'"') | (false, _) => 1,
            (true, _) => 0,
        };
        is_inside ^= *byte == b'"';
        match left.checked_sub(weight) {
            Some(rest) => left = rest,
            None => return true,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(parts: &[(&str, usize)]) -> Vec<u8> {
        parts
            .iter()
            .flat_map(|(part, times)| part.repeat(*times).into_bytes())
            .collect()
    }

    #[test]
    fn structure_and_escapes_have_a_weight_and_texts_do_not() {
        for (parts, expected) in [
            (&[("\"", 1), ("a", 20 * MAX_WEIGHT), ("\"", 1)][..], false),
            (&[("0", MAX_WEIGHT)], false),
            (&[("0", MAX_WEIGHT + 1)], true),
            (&[("\"\"", MAX_WEIGHT / 2)], false),
            (&[("\"\"", MAX_WEIGHT / 2), (" ", 1)], true),
            (&[("\"aaaa\"", MAX_WEIGHT / 2)], false),
            (&[("\"", 1), ("\\n", MAX_WEIGHT / ESCAPE - 1), ("\"", 1)], false),
            (&[("\"", 1), ("\\n", MAX_WEIGHT / ESCAPE), ("\"", 1)], true),
            // an escaped quote ends no text
            (&[("\"\\\"", 1), ("a", 2 * MAX_WEIGHT), ("\"", 1)], false),
            (&[("\"\\\\\"", 1), ("a", 2 * MAX_WEIGHT)], true),
            (&[("\"", 1), ("\\", 1)], false),
        ] {
            assert_eq!(is_too_heavy(&body(parts)), expected, "{parts:?}");
        }
    }
}
