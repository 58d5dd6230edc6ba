use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use vocabulary::Secret;

/// How long a client whose answer was lost may repeat a refresh.
const GRACE: TimeDelta = TimeDelta::seconds(5);

/// Keeps this use of the key apart from any other.
const SEAL: &[u8] = b"lendery: the successor of a refresh token";

/// 256 random bits that are worth a new pair of tokens, once. The database knows only its digest.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RefreshToken([u8; 32]);

/// A successor that only the holder of its predecessor can read.
///
/// A repeated refresh has to give the same successor, and the database keeps no token. So the successor is stored combined
/// with a key stream made from its predecessor (HMAC-SHA256 as a pseudorandom function, used once for each predecessor).
/// The database alone does not give it away, nor do old tokens alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SealedToken(pub(crate) [u8; 32]);

/// The digest by which a token is found.
pub(crate) type TokenDigest = [u8; 32];

impl RefreshToken {
    pub(crate) fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    /// The token in a client's text, if it is one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The text for the client.
    pub(crate) fn to_secret(&self) -> Secret {
        Secret::new(URL_SAFE_NO_PAD.encode(self.0))
    }

    pub(crate) fn digest(&self) -> TokenDigest {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, &self.0).as_ref());
        bytes
    }

    pub(crate) fn seal(&self, successor: &Self) -> SealedToken {
        SealedToken(self.combined_with(successor.0))
    }

    pub(crate) fn open(&self, sealed: SealedToken) -> Self {
        Self(self.combined_with(sealed.0))
    }

    fn combined_with(&self, bytes: [u8; 32]) -> [u8; 32] {
        let stream = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), SEAL);
        let mut combined = bytes;
        for (byte, key) in combined.iter_mut().zip(stream.as_ref()) {
            *byte ^= key;
        }
        combined
    }
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefreshToken(***)")
    }
}

/// What is known of a token that was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// It waits to be used.
    Never,
    /// It was used, and nobody has used its successor yet.
    SuccessorWaits { used_at: DateTime<Utc>, successor: SealedToken },
    /// It was used, and so was its successor, or its session has gone on without one.
    Superseded,
}

impl Use {
    /// The successor that a repeated use is given again, if it is soon enough to be a lost answer rather than a theft.
    pub(crate) fn repeatable(self, now: DateTime<Utc>) -> Option<SealedToken> {
        match self {
            Self::SuccessorWaits { used_at, successor } => (now - used_at <= GRACE).then_some(successor),
            Self::Never | Self::Superseded => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_predecessor_opens_its_seal() {
        let (token, successor) = (RefreshToken::new([1; 32]), RefreshToken::new([2; 32]));
        let sealed = token.seal(&successor);
        assert_eq!(token.open(sealed), successor);
        assert_ne!(sealed.0, successor.0);
        assert_ne!(RefreshToken::new([3; 32]).open(sealed), successor);
        assert_ne!(successor.open(sealed), successor);
    }

    #[test]
    fn a_token_is_read_back_from_its_text_and_nothing_else_is_one() {
        let token = RefreshToken::new([7; 32]);
        let text = token.to_secret();
        assert_eq!(RefreshToken::parse(text.expose()), Some(token));
        for text in ["", "x", "AAAA", &"A".repeat(44), &text.expose()[1..], &format!("{}=", text.expose())] {
            assert_eq!(RefreshToken::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_repeated_use_is_granted_for_five_seconds() {
        let used_at = DateTime::UNIX_EPOCH;
        let waiting = Use::SuccessorWaits { used_at, successor: SealedToken([0; 32]) };
        assert!(waiting.repeatable(used_at + TimeDelta::seconds(5)).is_some());
        assert!(waiting.repeatable(used_at + TimeDelta::milliseconds(5001)).is_none());
        assert!(Use::Superseded.repeatable(used_at).is_none());
    }
}
