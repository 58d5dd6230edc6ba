//! The secret by which services know each other on `/internal`: what a service accepts, what it shows, and where it has both
//! from.

mod shared;
mod source;

pub use shared::SharedCredential;
pub use source::{CredentialError, CredentialSource};

use std::fmt;
use std::sync::Arc;

use ::http::{HeaderMap, header};
use arc_swap::ArcSwap;
use problem::{Kind, Problem};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use vocabulary::Secret;

/// Shorter secrets could be guessed.
const LEAST_CHARACTERS: usize = 16;

/// A service credential that could be guessed.
#[derive(Debug, thiserror::Error)]
#[error(
    "a service credential has fewer than {LEAST_CHARACTERS} characters; make one with `head -c 32 /dev/urandom | base64`"
)]
pub struct WeakCredential;

/// Accepts the service credentials that are valid now: one, or two while it is being rotated. Clones accept the same, also
/// after it was replaced.
#[derive(Clone)]
pub struct ServiceCredentials {
    digests: Arc<ArcSwap<Vec<[u8; 32]>>>,
}

impl ServiceCredentials {
    /// Accepts any of these secrets, and none when there are none. An empty one is none.
    pub fn accepting<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        Self { digests: Arc::new(ArcSwap::from_pointee(digests(secrets))) }
    }

    /// As [`accepting`](Self::accepting), for secrets that an operator has chosen.
    ///
    /// # Errors
    /// When one of them could be guessed. An empty one is none.
    pub fn strong<'a>(secrets: impl IntoIterator<Item = &'a Secret> + Clone) -> Result<Self, WeakCredential> {
        if secrets.clone().into_iter().any(is_weak) {
            return Err(WeakCredential);
        }
        Ok(Self::accepting(secrets))
    }

    /// Accepts these instead, beginning with the next request.
    pub(crate) fn replace<'a>(&self, secrets: impl IntoIterator<Item = &'a Secret>) {
        self.digests.store(Arc::new(digests(secrets)));
    }

    /// Lets a request pass that carries a valid credential as `Authorization: Bearer …`.
    ///
    /// # Errors
    /// 401 otherwise, whether there was none or a wrong one.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let given = bearer(headers).map(digest);
        // Every digest is compared, in constant time, so that nothing is learnt from how long it takes.
        let accepted = given.is_some_and(|given| {
            self.digests.load().iter().fold(false, |found, known| found | bool::from(known.ct_eq(&given)))
        });
        accepted
            .then_some(())
            .ok_or_else(|| Problem::because(Kind::InvalidToken, "This address is for services with their credential."))
    }
}

impl fmt::Debug for ServiceCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceCredentials").field("accepted", &self.digests.load().len()).finish()
    }
}

/// The token of the one `Authorization: Bearer …` header; none when there is another scheme or more than one header.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, more) = (values.next()?, values.next());
    if more.is_some() {
        return None;
    }
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim_matches(' '))
}

/// Whether it could be guessed. An empty one is none.
fn is_weak(secret: &Secret) -> bool {
    (1..LEAST_CHARACTERS).contains(&secret.expose().chars().count())
}

fn digests<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Vec<[u8; 32]> {
    let given = secrets.into_iter().map(Secret::expose).filter(|secret| !secret.is_empty());
    given.map(digest).collect()
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::http::HeaderValue;

    fn headers(values: &[&'static str]) -> HeaderMap {
        let pairs = values.iter().map(|value| (header::AUTHORIZATION, HeaderValue::from_static(value)));
        pairs.collect()
    }

    #[test]
    fn only_a_known_secret_passes() {
        let old = Secret::new("old");
        let new = Secret::new("new");
        let credentials = ServiceCredentials::accepting([&old, &new]);
        assert!(credentials.check(&headers(&["Bearer old"])).is_ok());
        assert!(credentials.check(&headers(&["bearer new"])).is_ok());
        for refused in [&[][..], &["Bearer other"], &["Bearer "], &["Basic old"], &["old"]] {
            assert!(credentials.check(&headers(refused)).is_err(), "{refused:?}");
        }
    }

    #[test]
    fn without_secrets_nothing_passes() {
        for none in [&[][..], &[&Secret::default()]] {
            assert!(ServiceCredentials::accepting(none.iter().copied()).check(&headers(&["Bearer "])).is_err());
        }
    }

    #[test]
    fn a_secret_that_could_be_guessed_is_refused_beside_a_good_one_too() {
        let (good, short) = (Secret::new("é".repeat(16)), Secret::new("é".repeat(15)));
        assert!(ServiceCredentials::strong([&good, &Secret::default()]).is_ok());
        for secrets in [[&good, &short], [&short, &good]] {
            let error = ServiceCredentials::strong(secrets).unwrap_err();
            assert!(error.to_string().contains("16 characters"), "{error}");
        }
    }

    #[test]
    fn two_authorization_headers_are_no_token() {
        assert_eq!(bearer(&headers(&["Bearer a", "Bearer a"])), None);
    }
}
