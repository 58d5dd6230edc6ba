//! Ids as the warehouse knows them.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::block_api::compress256;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use vocabulary::Secret;

use crate::EtlError;

/// Shorter keys could be found by trying.
const KEY_BYTES: usize = 16;

/// Bytes that SHA-256 takes at a time (FIPS 180-4 §5.1.1).
const BLOCK: usize = 64;

/// What SHA-256 begins with (FIPS 180-4 §5.3.3).
const START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// Turns ids into keyed hashes (HMAC-SHA256, RFC 2104): the same id is the same text everywhere in the warehouse, and
/// without the key, which is not kept there, nobody leads it back.
///
/// Millions of ids are hashed in a run, each three times shorter than a block. So the two blocks that hold the key are hashed
/// once, and an id costs the two that are left, without a buffer or a copy.
#[derive(Clone)]
pub(crate) struct Pseudonyms {
    inner: [u32; 8],
    outer: [u32; 8],
}

/// A text that is no id.
const CHECK: &[u8; 31] = b"lendery warehouse pseudonym key";

/// The keyed hash of an id; as text it is base64url (RFC 4648 §5) without padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Pseudonym([u8; 32]);

/// Bytes of a [`Pseudonym`] as text.
pub(crate) const TEXT: usize = 43;

/// Room for one.
pub(crate) type Text = [u8; TEXT];

/// Ids whose pseudonyms are remembered at most, 60 bytes each.
const REMEMBERED: usize = 64 * 1024;

/// Spreads a number over all bits: 2⁶⁴ divided by the golden ratio (Knuth, The Art of Computer Programming 3, §6.4).
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Pseudonyms of ids that come again and again, as the items and members do that millions of rows are about: remembering one
/// costs a look, hashing it a hundred times as much.
#[derive(Default)]
pub(crate) struct Remembered {
    /// Ids with their pseudonyms, none for those of nobody.
    places: Vec<Place>,
    /// Whose pseudonyms are not told.
    untold: Arc<HashSet<Pseudonym>>,
}

/// An id with its pseudonym, which is none for those that are not told. In one line of the processor's cache: a look at one costs
/// little more than the wait for that.
#[derive(Clone, Default)]
#[repr(align(64))]
struct Place(Option<(Uuid, Option<Text>)>);

impl Remembered {
    /// What tells nobody's pseudonym of these.
    pub(crate) fn without(untold: Arc<HashSet<Pseudonym>>) -> Self {
        Self { places: Vec::new(), untold }
    }

    /// The pseudonym of an id as text, unless it is one of those that are not told.
    pub(crate) fn text(&mut self, names: &Pseudonyms, id: Uuid) -> Option<&str> {
        if self.places.is_empty() {
            // Most tables have no such ids, and need no room for them.
            self.places = vec![Place::default(); REMEMBERED];
        }
        let (high, low) = id.as_u64_pair();
        let mixed = (high.rotate_left(32) ^ low).wrapping_mul(GOLDEN).rotate_left(32);
        let place = usize::try_from(mixed).unwrap_or_default() % self.places.len();
        let Place(found) = &mut self.places[place];
        if found.as_ref().is_none_or(|(known, _)| *known != id) {
            *found = Some((id, told(names.of(id), &self.untold)));
        }
        found.as_ref().and_then(|(_, text)| std::str::from_utf8(text.as_ref()?).ok())
    }
}

fn told(pseudonym: Pseudonym, untold: &HashSet<Pseudonym>) -> Option<Text> {
    let mut text = [0; TEXT];
    pseudonym.text(&mut text);
    (!untold.contains(&pseudonym)).then_some(text)
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remembered(***)")
    }
}

impl Pseudonyms {
    pub(crate) fn new(key: &Secret) -> Result<Self, EtlError> {
        let bytes = key.expose().as_bytes();
        if bytes.len() < KEY_BYTES { Err(EtlError::PseudonymKey { bytes: KEY_BYTES }) } else { Ok(Self::of_key(bytes)) }
    }

    fn of_key(key: &[u8]) -> Self {
        let mut block = [0; BLOCK];
        if key.len() > BLOCK {
            block[..32].copy_from_slice(&Sha256::digest(key));
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        let begun = |pad: u8| {
            let mut state = START;
            compress256(&mut state, &[block.map(|byte| byte ^ pad)]);
            state
        };
        Self { inner: begun(0x36), outer: begun(0x5c) }
    }

    /// What tells this key from another without telling the key: the keyed hash of [`CHECK`].
    pub(crate) fn check(&self) -> String {
        Pseudonym(self.hash(CHECK)).to_string()
    }

    /// [`Pseudonyms::check`] in short, for where there is room for a number alone.
    pub(crate) fn fingerprint(&self) -> i64 {
        let short = Pseudonym(self.hash(CHECK)).short() >> 65;
        i64::try_from(short).unwrap_or(i64::MAX)
    }

    pub(crate) fn of(&self, id: Uuid) -> Pseudonym {
        let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
        id.hyphenated().encode_lower(&mut text);
        Pseudonym(self.hash(&text))
    }

    /// The keyed hash of what fits into one block together with its padding.
    fn hash<const BYTES: usize>(&self, message: &[u8; BYTES]) -> [u8; 32] {
        let inner = after(self.inner, message);
        after(self.outer, &inner)
    }
}

/// The end of a hash of which one block has been read already.
fn after<const BYTES: usize>(mut state: [u32; 8], message: &[u8; BYTES]) -> [u8; 32] {
    const { assert!(BYTES + 9 <= BLOCK, "the message and its padding are one block") }
    let mut block = [0; BLOCK];
    block[..BYTES].copy_from_slice(message);
    block[BYTES] = 0x80;
    let bits = (BLOCK as u64 + BYTES as u64) * 8;
    block[BLOCK - 8..].copy_from_slice(&bits.to_be_bytes());
    compress256(&mut state, &[block]);
    // Word by word: at the level this crate is compiled with, an iterator costs as much as the hash.
    let words = [
        state[0].to_be_bytes(),
        state[1].to_be_bytes(),
        state[2].to_be_bytes(),
        state[3].to_be_bytes(),
        state[4].to_be_bytes(),
        state[5].to_be_bytes(),
        state[6].to_be_bytes(),
        state[7].to_be_bytes(),
    ];
    let mut hash = [0; 32];
    hash.copy_from_slice(words.as_flattened());
    hash
}

impl Pseudonym {
    /// Its first 16 bytes.
    pub(crate) fn short(&self) -> u128 {
        self.0.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// As text, without a place of its own in memory.
    pub(crate) fn text<'t>(&self, room: &'t mut Text) -> &'t str {
        let written = BASE64_URL_SAFE_NO_PAD.encode_slice(self.0, room).unwrap_or_default();
        std::str::from_utf8(&room[..written]).unwrap_or_default()
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text(&mut [0; TEXT]))
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

    /// RFC 4231 §4.3 and §4.7: a key shorter than a block, and one that is longer.
    #[test]
    fn the_keyed_hash_is_that_of_the_standard() {
        let hex = |hash: [u8; 32]| hash.map(|byte| format!("{byte:02x}")).concat();
        assert_eq!(
            hex(Pseudonyms::of_key(b"Jefe").hash(b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            hex(Pseudonyms::of_key(&[0xaa; 131]).hash(b"Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn what_is_remembered_is_what_would_be_hashed() {
        let names = Pseudonyms::new(&Secret::new("a key of enough bytes")).unwrap();
        // Where there is one place for all of them, each puts the one before out.
        let ids = [7, 7, 8, 7].map(Uuid::from_u128);
        let one_place = Remembered { places: vec![Place::default()], ..Remembered::default() };
        for mut remembered in [Remembered::default(), one_place] {
            for id in ids {
                assert_eq!(remembered.text(&names, id), Some(&*names.of(id).to_string()));
            }
        }
    }

    #[test]
    fn who_was_erased_has_no_pseudonym() {
        let names = Pseudonyms::new(&Secret::new("a key of enough bytes")).unwrap();
        let [erased, other] = [7, 8].map(Uuid::from_u128);
        let mut remembered = Remembered::without(Arc::new(HashSet::from([names.of(erased)])));
        for _ in 0..2 {
            assert_eq!(remembered.text(&names, erased), None);
            assert_eq!(remembered.text(&names, other), Some(&*names.of(other).to_string()));
        }
    }

    #[test]
    fn a_short_key_is_refused() {
        assert!(matches!(Pseudonyms::new(&Secret::new("short")), Err(EtlError::PseudonymKey { .. })));
    }
}
