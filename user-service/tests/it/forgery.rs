//! Tokens with whatever header, claims and signature an attacker would like.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::app::{Member, TestApp};

/// The service's own key, as somebody with the database would have it, and what a genuine token holds.
pub(crate) struct Forge {
    key: Ed25519KeyPair,
    pub(crate) kid: String,
    pub(crate) header: Value,
    pub(crate) claims: Value,
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// A value with one member changed, or removed if it is null.
pub(crate) fn with(value: &Value, member: &str, to: Value) -> Value {
    let mut changed = value.clone();
    let members = changed.as_object_mut().unwrap();
    if to.is_null() {
        members.remove(member);
    } else {
        members.insert(member.to_owned(), to);
    }
    changed
}

impl Forge {
    pub(crate) async fn of(app: &TestApp, member: &Member) -> Self {
        let rows = app.rows("SELECT kid, private_key FROM signing_keys").await;
        let private_key: Vec<u8> = rows[0].try_get_by_index(1).unwrap();
        let parts: Vec<&str> = member.access_token.split('.').collect();
        let parsed = |part: &str| serde_json::from_slice(&decode(part)).unwrap();
        Self {
            key: Ed25519KeyPair::from_pkcs8(&private_key).unwrap(),
            kid: rows[0].try_get_by_index(0).unwrap(),
            header: parsed(parts[0]),
            claims: parsed(parts[1]),
        }
    }

    pub(crate) fn public_key(&self) -> &[u8] {
        self.key.public_key().as_ref()
    }

    /// A token with this header and these claims, signed by the service's own key.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_text(&header.to_string(), &claims.to_string())
    }

    /// As [`sign`](Self::sign), for texts that need not be JSON.
    pub(crate) fn sign_text(&self, header: &str, claims: &str) -> String {
        sign_with(&self.key, header, claims)
    }

    /// A token whose first two parts are this text, whatever it is.
    pub(crate) fn sign_message(&self, message: &str) -> String {
        format!("{message}.{}", encode(self.key.sign(message.as_bytes())))
    }

    /// A token with a genuine header and these claims.
    pub(crate) fn claiming(&self, claims: &Value) -> String {
        self.sign(&self.header, claims)
    }

    /// A token with this header and genuine claims.
    pub(crate) fn headed(&self, header: &Value) -> String {
        self.sign(header, &self.claims)
    }

    /// A token of algorithm `alg` without any signature.
    pub(crate) fn unsigned(&self, alg: &str) -> String {
        let header = with(&self.header, "alg", json!(alg));
        format!("{}.{}.", encode(header.to_string()), encode(self.claims.to_string()))
    }

    /// A token "signed" with HMAC, whose secret is what everybody knows: the public key.
    pub(crate) fn confused(&self, secret: &[u8]) -> String {
        self.confused_with("HS256", hmac::HMAC_SHA256, secret)
    }

    pub(crate) fn confused_with(&self, alg: &str, hash: hmac::Algorithm, secret: &[u8]) -> String {
        let header = with(&self.header, "alg", json!(alg));
        let message = format!("{}.{}", encode(header.to_string()), encode(self.claims.to_string()));
        let tag = hmac::sign(&hmac::Key::new(hash, secret), message.as_bytes());
        format!("{message}.{}", encode(tag))
    }
}

/// A token that another key has signed.
pub(crate) fn sign_with(key: &Ed25519KeyPair, header: &str, claims: &str) -> String {
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = key.sign(message.as_bytes());
    format!("{message}.{}", encode(signature.as_ref()))
}
