use jsonwebtoken::{Algorithm, EncodingKey, Header};

use super::{Claims, SigningKey, TYPE};

/// Signs the access tokens of this service with its active key.
pub(crate) struct TokenSigner {
    header: Header,
    key: EncodingKey,
}

/// A token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("a token could not be signed")]
pub(crate) struct SigningError(#[source] jsonwebtoken::errors::Error);

impl TokenSigner {
    pub(crate) fn new(key: &SigningKey) -> Self {
        let header =
            Header { typ: Some(TYPE.to_owned()), kid: Some(key.kid().to_owned()), ..Header::new(Algorithm::EdDSA) };
        Self { header, key: key.encoding() }
    }

    pub(crate) fn sign(&self, claims: &Claims) -> Result<String, SigningError> {
        jsonwebtoken::encode(&self.header, claims, &self.key).map_err(SigningError)
    }
}
