use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use vocabulary::Secret;

/// How far the time in a signature may be from ours, as Stripe's own libraries have it.
const TOLERANCE: TimeDelta = TimeDelta::seconds(300);

/// Knows what Stripe has signed: HMAC-SHA256 over the time, a full stop and the body
/// (<https://docs.stripe.com/webhooks#verify-manually>).
#[derive(Clone)]
pub(super) struct Signer(Arc<Secret>);

/// Why a message is not taken for Stripe's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignatureError {
    #[error("The header Stripe-Signature is missing or malformed.")]
    Malformed,
    #[error("The signature is older than five minutes, or from the future.")]
    Time,
    #[error("The signature is not that of this body.")]
    Wrong,
}

impl Signer {
    pub(super) fn new(secret: Secret) -> Self {
        Self(Arc::new(secret))
    }

    /// # Errors
    /// See [`SignatureError`].
    pub(super) fn verify(&self, header: &str, body: &[u8], now: DateTime<Utc>) -> Result<(), SignatureError> {
        let fields = || header.split(',').filter_map(|field| field.trim().split_once('='));
        let time = fields().find(|(name, _)| *name == "t").map(|(_, time)| time).ok_or(SignatureError::Malformed)?;
        let seconds = time.parse().map_err(|_| SignatureError::Malformed)?;
        let signed_at = DateTime::from_timestamp(seconds, 0).ok_or(SignatureError::Malformed)?;
        let signatures: Vec<_> = fields().filter(|(name, _)| *name == "v1").filter_map(|(_, hex)| bytes(hex)).collect();
        if signatures.is_empty() {
            return Err(SignatureError::Malformed);
        }
        let mac = self.mac(time, body).ok_or(SignatureError::Malformed)?;
        // There are several while the secret is being rotated. Each is compared in constant time.
        let right = signatures.iter().fold(false, |found, given| found | mac.clone().verify_slice(given).is_ok());
        if !right {
            return Err(SignatureError::Wrong);
        }
        if (now - signed_at).abs() > TOLERANCE { Err(SignatureError::Time) } else { Ok(()) }
    }

    fn mac(&self, time: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose().as_bytes()).ok()?;
        for part in [time.as_bytes(), b".", body] {
            mac.update(part);
        }
        Some(mac)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(***)")
    }
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(secret: &str, seconds: i64, body: &str) -> String {
        let mac = Signer::new(Secret::new(secret)).mac(&seconds.to_string(), body.as_bytes()).unwrap();
        let digits = mac.finalize().into_bytes();
        let hex = digits.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        format!("t={seconds},v1={hex},v0=00")
    }

    fn verify(header: &str, body: &str, now: i64) -> Result<(), SignatureError> {
        let now = DateTime::from_timestamp(now, 0).unwrap();
        Signer::new(Secret::new("whsec_test")).verify(header, body.as_bytes(), now)
    }

    #[test]
    fn only_what_was_signed_a_short_while_ago_with_the_secret_is_believed() {
        let header = signed("whsec_test", 1_000, "{}");
        assert_eq!(verify(&header, "{}", 1_000), Ok(()));
        assert_eq!(verify(&header, "{}", 1_300), Ok(()));
        assert_eq!(verify(&header, "{}", 1_301), Err(SignatureError::Time));
        assert_eq!(verify(&header, "{}", 699), Err(SignatureError::Time));
        assert_eq!(verify(&header, "{ }", 1_000), Err(SignatureError::Wrong));
        assert_eq!(verify(&signed("other", 1_000, "{}"), "{}", 1_000), Err(SignatureError::Wrong));
        // A fresh time on an old signature.
        assert_eq!(verify(&header.replace("t=1000", "t=1200"), "{}", 1_200), Err(SignatureError::Wrong));
        for malformed in ["", "t=1000", "v1=00", "t=x,v1=00", "t=1000,v1=zz", "t=1000,v1=é"] {
            assert_eq!(verify(malformed, "{}", 1_000), Err(SignatureError::Malformed), "{malformed}");
        }
    }

    #[test]
    fn one_of_several_signatures_is_enough() {
        let (old, new) = (signed("old", 1_000, "{}"), signed("whsec_test", 1_000, "{}"));
        let both = format!("{old},{}", new.trim_start_matches("t=1000,"));
        assert_eq!(verify(&both, "{}", 1_000), Ok(()));
    }
}
