use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use service_kit::randomness::Randomness;
use sha2::{Digest, Sha256};
use vocabulary::Secret;

/// What is sealed for one purpose opens for no other.
const PURPOSE: &[u8] = b"lendery web session 1";
const FORMS: &[u8] = b"lendery web forms 1";

/// Encrypts and authenticates what browsers keep for us: AES-256-GCM-SIV (RFC 8452), which stays safe even if a nonce came
/// twice.
#[derive(Debug, Clone)]
pub(crate) struct Seal {
    keys: Arc<[LessSafeKey]>,
    marks: hmac::Key,
    randomness: Randomness,
}

impl Seal {
    /// Seals with the first of these secrets and opens with any.
    pub(crate) fn new(secrets: &[&Secret], randomness: Randomness) -> Self {
        let first = secrets.first().map_or("", |secret| secret.expose());
        let marks = hmac::Key::new(hmac::HMAC_SHA256, &derived(FORMS, first));
        let keys = secrets.iter().filter_map(|secret| key(secret.expose()));
        Self { keys: keys.collect(), marks, randomness }
    }

    /// The value as text that only this seal can read or make. None when it has no form in JSON.
    pub(crate) fn close(&self, value: &impl Serialize) -> Option<String> {
        let nonce: [u8; NONCE_LEN] = self.randomness.bytes();
        let mut sealed = serde_json::to_vec(value).ok()?;
        let key = self.keys.first()?;
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(PURPOSE), &mut sealed).ok()?;
        Some(URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat()))
    }

    /// A mark that only this seal can make, the same for the same bytes.
    pub(crate) fn mark(&self, bytes: &[u8]) -> Secret {
        Secret::new(URL_SAFE_NO_PAD.encode(hmac::sign(&self.marks, bytes)))
    }

    /// What was sealed, unless the text was not made by this seal.
    pub(crate) fn open<T: DeserializeOwned>(&self, text: &str) -> Option<T> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LEN>()?;
        self.keys.iter().find_map(|key| {
            let mut opened = sealed.to_vec();
            let nonce = Nonce::assume_unique_for_key(*nonce);
            let plain = key.open_in_place(nonce, Aad::from(PURPOSE), &mut opened).ok()?;
            serde_json::from_slice(plain).ok()
        })
    }
}

fn key(secret: &str) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM_SIV, &derived(PURPOSE, secret)).ok().map(LessSafeKey::new)
}

/// A key of the right length from a secret of any, another one for each purpose.
fn derived(purpose: &[u8], secret: &str) -> [u8; 32] {
    Sha256::new().chain_update(purpose).chain_update(secret).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(secrets: &[&str]) -> Seal {
        let secrets: Vec<_> = secrets.iter().map(|text| Secret::new(*text)).collect();
        Seal::new(&secrets.iter().collect::<Vec<_>>(), Randomness::seeded(1))
    }

    #[test]
    fn what_is_sealed_opens_and_shows_nothing() {
        let seal = seal(&["a"]);
        let text = seal.close(&"ada@example.org").unwrap();
        assert!(!text.contains("ada"));
        assert_eq!(seal.open::<String>(&text).as_deref(), Some("ada@example.org"));
        assert_ne!(seal.close(&"ada@example.org").unwrap(), text);
    }

    #[test]
    fn a_changed_byte_opens_nothing() {
        let seal = seal(&["a"]);
        let bytes = URL_SAFE_NO_PAD.decode(seal.close(&"x").unwrap()).unwrap();
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            assert_eq!(seal.open::<String>(&URL_SAFE_NO_PAD.encode(changed)), None, "byte {index}");
        }
        assert_eq!(seal.open::<String>(""), None);
    }

    #[test]
    fn a_previous_secret_still_opens_and_a_foreign_one_does_not() {
        let old = seal(&["old"]).close(&"x").unwrap();
        assert_eq!(seal(&["new", "old"]).open::<String>(&old).as_deref(), Some("x"));
        assert_eq!(seal(&["new"]).open::<String>(&old), None);
    }
}
