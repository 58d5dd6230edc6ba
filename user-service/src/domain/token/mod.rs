//! Access tokens: JWTs as RFC 9068 profiles them, signed with Ed25519 (RFC 8037), checked as RFC 8725 advises.

mod claims;
mod key;
mod proven;
mod signer;
mod stored_key;
mod verifier;

pub(crate) use claims::Claims;
pub(crate) use key::{KeyError, SigningKey};
pub(crate) use signer::{SigningError, TokenSigner};
pub(crate) use stored_key::StoredKey;
pub(crate) use verifier::TokenVerifier;

/// The header's `typ`: keeps access tokens apart from JWTs with another purpose (RFC 9068 §2.1).
const TYPE: &str = "at+jwt";

/// Who issues tokens, and for whom.
#[derive(Debug, Clone)]
pub(crate) struct TokenParties {
    /// `iss`
    pub(crate) issuer: String,
    /// `aud`
    pub(crate) audience: String,
}
