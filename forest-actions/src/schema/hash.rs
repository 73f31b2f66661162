//! The fingerprint by which the Forest server recognises a schema it already has.
//!
//! SHA-1 is what the protocol uses; it identifies content and protects nothing (protocol: schema upload).
//! Called by `document`; knows bytes only.

use sha1::{Digest, Sha1};
use std::fmt::Write as _;

/// The SHA-1 of `text` (as UTF-8), in lower-case hexadecimal.
pub(super) fn sha1_hex(text: &str) -> String {
    let mut hex = String::with_capacity(40);
    for byte in Sha1::digest(text.as_bytes()).as_slice() {
        // Writing to a `String` cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::sha1_hex;

    #[test]
    fn hashes_are_lower_case_hexadecimal_of_the_utf_8_bytes() {
        assert_eq!(sha1_hex(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert_eq!(
            sha1_hex(r#"{"data":[],"meta":{"liana":"forest-express-sequelize","liana_version":"9.6.6"}}"#),
            "b335ad2022778b99728cc1718dfecf641c5b6219"
        );
    }
}
