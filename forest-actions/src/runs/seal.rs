//! Seals the requests of runs: form values may be secret, and rows of a database are read by many.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::rand;
use base64::prelude::{BASE64_STANDARD, Engine as _};

/// Encrypts with a key that is made from the secret of the sessions, so that every instance of the program has it.
pub(crate) struct Seal(Option<LessSafeKey>);

/// The secret of the sessions has changed, or the row was altered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret that sealed this run has changed")]
pub(crate) struct Unsealed;

impl Seal {
    pub(crate) fn new(secret: &[u8]) -> Self {
        let derived = Salt::new(HKDF_SHA256, b"forest-actions").extract(secret);
        let key = derived.expand(&[b"runs"], &AES_256_GCM).map(UnboundKey::from);
        Self(key.map(LessSafeKey::new).ok())
    }

    /// Encrypts the request of the run `id`; another run's row cannot use it.
    ///
    /// # Errors
    /// No random number, which the system always has.
    pub(crate) fn seal(&self, id: &str, request: &[u8]) -> Result<String, Unsealed> {
        let key = self.0.as_ref().ok_or(Unsealed)?;
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).map_err(|_| Unsealed)?;
        let mut sealed = request.to_vec();
        let nonce_value = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(nonce_value, Aad::from(id.as_bytes()), &mut sealed)
            .map_err(|_| Unsealed)?;
        Ok(BASE64_STANDARD.encode([&nonce[..], &sealed].concat()))
    }

    /// Decrypts the request of the run `id`.
    ///
    /// # Errors
    /// It was sealed with another secret, or for another run.
    pub(crate) fn open(&self, id: &str, sealed: &str) -> Result<Vec<u8>, Unsealed> {
        let key = self.0.as_ref().ok_or(Unsealed)?;
        let bytes = BASE64_STANDARD.decode(sealed).map_err(|_| Unsealed)?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN).ok_or(Unsealed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unsealed)?;
        let mut sealed = sealed.to_vec();
        let opened = key.open_in_place(nonce, Aad::from(id.as_bytes()), &mut sealed);
        opened.map(|opened| opened.to_vec()).map_err(|_| Unsealed)
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_opened_for_its_own_run_with_its_own_secret() {
        let seal = Seal::new(b"one secret");
        let sealed = seal.seal("run-1", b"{\"iban\": \"DE02\"}").unwrap();
        assert!(!sealed.contains("DE02"));
        assert_eq!(seal.open("run-1", &sealed).unwrap(), b"{\"iban\": \"DE02\"}");
        assert_eq!(seal.open("run-2", &sealed), Err(Unsealed));
        assert_eq!(Seal::new(b"another").open("run-1", &sealed), Err(Unsealed));
        assert_eq!(seal.open("run-1", "AAAA"), Err(Unsealed));
        assert_eq!(seal.open("run-1", "no base64!"), Err(Unsealed));
    }
}
