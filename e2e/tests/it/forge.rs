//! Tokens as whoever has the data directory could make them: signed by the platform's own key, and genuine but for what is
//! changed.

use std::path::Path;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use serde_json::{Value, json};

pub(crate) struct Forge {
    key: Ed25519KeyPair,
    pub(crate) header: Value,
    pub(crate) claims: Value,
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A value with one member changed.
pub(crate) fn with(value: &Value, member: &str, to: impl Into<Value>) -> Value {
    let mut changed = value.clone();
    changed[member] = to.into();
    changed
}

impl Forge {
    /// With the key in `data_dir`, and the header and the claims of a token that it has signed.
    pub(crate) async fn of(data_dir: &Path, token: &str) -> Self {
        let file = data_dir.join("databases/users.db");
        let db = Database::connect(format!("sqlite:{}?mode=ro", file.display())).await.unwrap();
        let query = Statement::from_string(DbBackend::Sqlite, "SELECT private_key FROM signing_keys");
        let row = db.query_one_raw(query).await.unwrap().unwrap();
        let private_key: Vec<u8> = row.try_get_by_index(0).unwrap();
        db.close().await.unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        let parsed = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        let key = Ed25519KeyPair::from_pkcs8(&private_key).unwrap();
        Self { key, header: parsed(parts[0]), claims: parsed(parts[1]) }
    }

    pub(crate) fn public_key(&self) -> &[u8] {
        self.key.public_key().as_ref()
    }

    /// Signed by the platform's own key.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        sign_with(&self.key, header, claims)
    }

    /// As genuine, with other claims.
    pub(crate) fn claiming(&self, member: &str, to: impl Into<Value>) -> String {
        self.sign(&self.header, &with(&self.claims, member, to))
    }

    /// As genuine, with another header.
    pub(crate) fn headed(&self, member: &str, to: impl Into<Value>) -> String {
        self.sign(&with(&self.header, member, to), &self.claims)
    }

    /// Of algorithm `alg`, with this for a signature.
    pub(crate) fn unsigned(&self, alg: &str, signature: &str) -> String {
        format!("{}.{signature}", message(&with(&self.header, "alg", alg), &self.claims))
    }

    /// "Signed" with HMAC, whose secret is something that everybody knows.
    pub(crate) fn confused(&self, secret: &[u8]) -> String {
        let message = message(&with(&self.header, "alg", "HS256"), &self.claims);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
        format!("{message}.{}", encode(tag))
    }

    /// As genuine, with this member more in the header, and signed by a key of the attacker's.
    pub(crate) fn by_another_key(&self, member: &str, to: impl Into<Value>) -> String {
        let evil = Ed25519KeyPair::from_seed_unchecked(&[66; 32]).unwrap();
        sign_with(&evil, &with(&self.header, member, to), &self.claims)
    }

    /// The attacker's key as a JWK that claims to be ours.
    pub(crate) fn another_jwk(&self) -> Value {
        let evil = Ed25519KeyPair::from_seed_unchecked(&[66; 32]).unwrap();
        json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(evil.public_key()), "kid": self.header["kid"] })
    }
}

fn sign_with(key: &Ed25519KeyPair, header: &Value, claims: &Value) -> String {
    let message = message(header, claims);
    let signature = key.sign(message.as_bytes());
    format!("{message}.{}", encode(signature))
}

fn message(header: &Value, claims: &Value) -> String {
    format!("{}.{}", encode(header.to_string()), encode(claims.to_string()))
}
