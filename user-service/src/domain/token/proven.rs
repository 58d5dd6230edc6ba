use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use quick_cache::sync::Cache;

use super::Claims;

/// Tokens that are remembered, about 400 bytes each. Others only cost another verification.
const MOST_TOKENS: usize = 10_000;

/// Tokens whose signature, issuer and audience have been proven with the keys of one keyring, by their digest.
///
/// A signature that was right stays right, and proving it again is half of what a validation costs. What changes with time
/// (the claims' times, the session) is not remembered here, and a new keyring begins with none.
pub(super) struct ProvenTokens(Cache<[u8; SHA256_OUTPUT_LEN], Arc<Claims>>);

impl ProvenTokens {
    pub(super) fn new() -> Self {
        Self(Cache::new(MOST_TOKENS))
    }

    /// The claims of this very token, or those that `prove` finds in it. What it refuses is not remembered.
    ///
    /// # Errors
    /// Those of `prove`.
    pub(super) fn claims<E>(&self, token: &str, prove: impl FnOnce() -> Result<Claims, E>) -> Result<Arc<Claims>, E> {
        let mut known = [0; SHA256_OUTPUT_LEN];
        known.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        if let Some(claims) = self.0.get(&known) {
            return Ok(claims);
        }
        let claims = Arc::new(prove()?);
        self.0.insert(known, Arc::clone(&claims));
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    #[test]
    fn a_token_is_proven_once_and_every_other_text_by_itself() {
        let proven = ProvenTokens::new();
        let mut times = 0;
        let mut ask = |token: &str| {
            proven.claims(token, || {
                times += 1;
                Ok::<_, ()>(Claims::sample(DateTime::UNIX_EPOCH))
            })
        };
        for token in ["a.b.c", "a.b.c", "a.b.C", "a.b.c"] {
            ask(token).unwrap();
        }
        assert_eq!(times, 2);
    }

    #[test]
    fn a_refusal_is_not_remembered() {
        let proven = ProvenTokens::new();
        assert_eq!(proven.claims("a.b.c", || Err(1)), Err(1));
        assert_eq!(proven.claims("a.b.c", || Err(2)), Err(2));
    }
}
