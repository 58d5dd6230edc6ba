//! Ids as the warehouse knows them.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;
use vocabulary::Secret;

use crate::EtlError;

/// Shorter keys could be found by trying.
const KEY_BYTES: usize = 16;

/// Turns ids into keyed hashes (HMAC-SHA256, RFC 2104): the same id is the same text everywhere in the warehouse, and
/// without the key, which is not kept there, nobody leads it back.
#[derive(Clone)]
pub(crate) struct Pseudonyms(Hmac<Sha256>);

/// The keyed hash of an id; as text it is base64url (RFC 4648 §5) without padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Pseudonym([u8; 32]);

impl Pseudonyms {
    pub(crate) fn new(key: &Secret) -> Result<Self, EtlError> {
        let bytes = key.expose().as_bytes();
        let long_enough = bytes.len() >= KEY_BYTES;
        let mac = long_enough.then(|| Hmac::new_from_slice(bytes).ok()).flatten();
        mac.map(Self).ok_or(EtlError::PseudonymKey { bytes: KEY_BYTES })
    }

    /// What tells this key from another without telling the key: the keyed hash of a text that is no id.
    pub(crate) fn check(&self) -> String {
        let mut mac = self.0.clone();
        mac.update(b"lendery warehouse pseudonym key");
        Pseudonym(mac.finalize().into_bytes().into()).to_string()
    }

    pub(crate) fn of(&self, id: Uuid) -> Pseudonym {
        let mut text = Uuid::encode_buffer();
        let mut mac = self.0.clone();
        mac.update(id.hyphenated().encode_lower(&mut text).as_bytes());
        Pseudonym(mac.finalize().into_bytes().into())
    }
}

impl Pseudonym {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonyms(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_gives_the_same_pseudonym() {
        let id = Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057);
        let of = |key: &str| Pseudonyms::new(&Secret::new(key)).unwrap().of(id);
        assert_eq!(of("a key of enough bytes"), of("a key of enough bytes"));
        assert_ne!(of("a key of enough bytes"), of("another key of enough"));
        assert_eq!(Pseudonym::parse(&of("a key of enough bytes").to_string()), Some(of("a key of enough bytes")));
    }

    #[test]
    fn a_short_key_is_refused() {
        assert!(matches!(Pseudonyms::new(&Secret::new("short")), Err(EtlError::PseudonymKey { .. })));
    }
}
