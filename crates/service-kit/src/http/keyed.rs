use ::http::HeaderName;
use ::http::request::Parts;
use axum::extract::FromRequestParts;
use chrono::{DateTime, Utc};
use problem::{Kind, Problem};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use uuid::Uuid;

use super::Written;
use crate::db::idempotency::{Claim, KeyedRequest, claim, keep, look};
use crate::db::to_problem;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The `Idempotency-Key` of a POST, if it has one.
#[derive(Debug, Clone)]
pub struct IdempotencyKey(Option<String>);

/// A request that may carry a key. Without one both methods do nothing.
#[derive(Debug, Clone)]
pub struct Keyed(Option<KeyedRequest>);

impl IdempotencyKey {
    /// Binds the key to who asks, for what, with which body.
    pub fn of(self, caller: Uuid, operation: &'static str, body: &[u8]) -> Keyed {
        Keyed(self.0.map(|key| KeyedRequest::new(caller, operation, key, body)))
    }
}

impl Keyed {
    /// The stored answer, if this request was done before.
    ///
    /// # Errors
    /// 409 while the first one is still at work, 422 when the key came with another body.
    pub async fn replay(&self, tx: &DatabaseTransaction, now: DateTime<Utc>) -> Result<Option<Written>, Problem> {
        let Some(request) = &self.0 else {
            return Ok(None);
        };
        replayed(claim(tx, request, now).await)
    }

    /// As [`replay`](Self::replay) without a transaction, for work that comes before one: nothing is held, so this is asked for
    /// again before anything is written.
    ///
    /// # Errors
    /// 422 when the key came with another body.
    pub async fn known(&self, db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Option<Written>, Problem> {
        match &self.0 {
            None => Ok(None),
            Some(request) => replayed(look(db, request, now).await),
        }
    }

    /// Stores the answer in the transaction of its effect.
    ///
    /// # Errors
    /// 503 or 500 when the database fails.
    pub async fn keep(&self, tx: &DatabaseTransaction, written: &Written, now: DateTime<Utc>) -> Result<(), Problem> {
        match &self.0 {
            None => Ok(()),
            Some(request) => keep(tx, request, written.answer(), now).await.map_err(|error| to_problem(&error)),
        }
    }
}

fn replayed(claim: Result<Claim, DbErr>) -> Result<Option<Written>, Problem> {
    match claim.map_err(|error| to_problem(&error))? {
        Claim::Fresh => Ok(None),
        Claim::Replay(answer) => Ok(Some(Written::replayed(answer))),
        Claim::InFlight => Err(Problem::new(Kind::RequestInFlight)),
        Claim::OtherBody => Err(Problem::new(Kind::KeyReused)),
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    /// # Errors
    /// 400 for a key that is empty, longer than 255 characters, not visible ASCII, or given twice.
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let mut values = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        let (Some(value), more) = (values.next(), values.next()) else {
            return Ok(Self(None));
        };
        // The draft writes the key as a structured-field string, in quotes; many clients send it bare.
        let key = value.to_str().unwrap_or_default().trim_matches('"');
        if more.is_some() || !(1..=255).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            let detail = "Idempotency-Key is one text of 1 to 255 visible ASCII characters, such as a UUID.";
            return Err(Problem::because(Kind::MalformedRequest, detail));
        }
        Ok(Self(Some(key.to_owned())))
    }
}
