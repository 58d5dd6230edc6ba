use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, EncodingKey};
use user_api::Jwk;

/// A key pair that signs access tokens. Its `kid` is the thumbprint of the public part (RFC 7638).
#[derive(Clone)]
pub(crate) struct SigningKey {
    kid: String,
    public_key: Vec<u8>,
    /// PKCS#8, as the database keeps it.
    private_key: Vec<u8>,
}

/// The bytes are no Ed25519 key pair.
#[derive(Debug, thiserror::Error)]
#[error("the signing key in the database is damaged; restore the database, or delete the key to have a new one made")]
pub(crate) struct KeyError;

impl SigningKey {
    /// The key pair that these random bytes determine.
    pub(crate) fn from_seed(seed: [u8; 32]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| KeyError)?;
        let document = pair.to_pkcs8().map_err(|_| KeyError)?;
        Self::from_pkcs8(document.as_ref().to_vec())
    }

    /// A key pair as it was stored.
    pub(crate) fn from_pkcs8(private_key: Vec<u8>) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_pkcs8(&private_key).map_err(|_| KeyError)?;
        let public_key = pair.public_key().as_ref().to_vec();
        Ok(Self { kid: thumbprint(&public_key), public_key, private_key })
    }

    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    pub(crate) fn pkcs8(&self) -> &[u8] {
        &self.private_key
    }

    /// The public part as others fetch it (RFC 8037 §2).
    pub(crate) fn jwk(&self) -> Jwk {
        Jwk {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            x: URL_SAFE_NO_PAD.encode(&self.public_key),
            kid: self.kid.clone(),
            alg: "EdDSA".to_owned(),
            r#use: "sig".to_owned(),
        }
    }

    pub(super) fn encoding(&self) -> EncodingKey {
        EncodingKey::from_ed_der(&self.private_key)
    }

    pub(super) fn decoding(&self) -> DecodingKey {
        // For this family the library's "DER" is the bare public key.
        DecodingKey::from_ed_der(&self.public_key)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// RFC 7638 §3: the required members in the order of their names, without white space.
fn thumbprint(public_key: &[u8]) -> String {
    let x = URL_SAFE_NO_PAD.encode(public_key);
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(digest(&SHA256, members.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_and_thumbprint_of_the_rfc_come_out() {
        // RFC 8037, appendices A.1 to A.3.
        let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let key = SigningKey::from_seed(seed.try_into().unwrap()).unwrap();
        assert_eq!(key.jwk().x, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_stored_key_is_the_same_key() {
        let key = SigningKey::from_seed([7; 32]).unwrap();
        let stored = SigningKey::from_pkcs8(key.pkcs8().to_vec()).unwrap();
        assert_eq!(stored.jwk(), key.jwk());
        assert!(SigningKey::from_pkcs8(key.pkcs8()[1..].to_vec()).is_err());
    }
}
