use sea_orm::DbErr;
use service_kit::clock::Clock;
use service_kit::db::Db;
use service_kit::randomness::Randomness;

use crate::db::signing_keys;
use crate::domain::token::{KeyError, SigningKey};

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeysError {
    #[error("the signing key cannot be read: {0}")]
    Database(#[from] DbErr),
    #[error(transparent)]
    Damaged(#[from] KeyError),
    #[error("the signing key that was made is not in the database")]
    Missing,
}

/// The key that signs, made at the first start. Instances that start together end up with the same one.
pub(super) async fn active_key(db: &Db, clock: &Clock, randomness: &Randomness) -> Result<SigningKey, KeysError> {
    if let Some(key) = signing_keys::active(db.read()).await? {
        return Ok(key?);
    }
    let key = SigningKey::from_seed(randomness.bytes())?;
    let tx = db.begin().await?;
    signing_keys::activate_first(&tx, &key, clock.now()).await?;
    tx.commit().await?;
    let active = signing_keys::active(db.read()).await?;
    active.map_or(Err(KeysError::Missing), |key| Ok(key?))
}
