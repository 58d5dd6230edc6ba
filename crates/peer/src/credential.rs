use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use http::HeaderValue;

/// A service credential as it is now. Clones are one credential: what replaces it is what all of them send from then on. It
/// never shows in logs.
#[derive(Clone)]
pub struct Credential(Arc<ArcSwap<HeaderValue>>);

impl Credential {
    /// `Authorization: Bearer <secret>` (RFC 6750 §2.1).
    ///
    /// # Errors
    /// When the secret is empty or holds characters a header cannot.
    pub fn bearer(secret: &str) -> Result<Self, InvalidCredential> {
        Ok(Self(Arc::new(ArcSwap::from_pointee(header(secret)?))))
    }

    /// Sends another secret, beginning with the next call. Calls under way go on with the one they have sent.
    ///
    /// # Errors
    /// As [`bearer`](Self::bearer); then nothing is replaced.
    pub fn replace(&self, secret: &str) -> Result<(), InvalidCredential> {
        self.0.store(Arc::new(header(secret)?));
        Ok(())
    }

    pub(crate) fn header(&self) -> HeaderValue {
        HeaderValue::clone(&self.0.load())
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(***)")
    }
}

/// A secret that cannot be a bearer token.
#[derive(Debug, thiserror::Error)]
#[error("a service credential must be one or more visible ASCII characters")]
pub struct InvalidCredential;

fn header(secret: &str) -> Result<HeaderValue, InvalidCredential> {
    if secret.is_empty() || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(InvalidCredential);
    }
    let mut value = HeaderValue::try_from(format!("Bearer {secret}")).map_err(|_| InvalidCredential)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_replaces_a_credential_is_what_its_clones_send() {
        let credential = Credential::bearer("old").unwrap();
        let clone = credential.clone();
        credential.replace("new").unwrap();
        assert_eq!(clone.header(), "Bearer new");
        assert!(clone.header().is_sensitive());
        assert!(credential.replace("two words").is_err());
        assert_eq!(clone.header(), "Bearer new", "what cannot be sent replaces nothing");
    }
}
