//! Use cases: each authorizes, decides, and changes the database in one transaction.

mod account;
mod administrators;
mod device_sessions;
mod grant;
mod keys;
mod login;
mod password_change;
mod password_hasher;
mod refresh;
mod register;
mod standings;
mod validation;

pub(crate) use account::{EraseError, RenameError};
pub(crate) use administrators::{AppointError, OfferSetupError, SetUpError};
pub(crate) use device_sessions::RevokeError;
pub(crate) use grant::Grant;
pub(crate) use keys::KeysError;
pub(crate) use login::{LoginAttempt, LoginError};
pub(crate) use password_change::PasswordChangeError;
pub(crate) use password_hasher::{HashError, HashingLimits, PasswordHasher};
pub(crate) use refresh::RefreshError;
pub(crate) use register::RegisterError;
pub(crate) use standings::Standings;
pub(crate) use validation::LocalUsers;

use chrono::TimeDelta;
use sea_orm::DbErr;
use service_kit::clock::Clock;
use service_kit::db::Db;
use service_kit::randomness::Randomness;
use user_api::JwkSet;

use crate::db::sessions;
use crate::domain::token::{TokenParties, TokenSigner, TokenVerifier};

/// How long what is handed out lives, and in whose name.
#[derive(Debug, Clone)]
pub(crate) struct TokenPolicy {
    pub(crate) parties: TokenParties,
    pub(crate) access_life: TimeDelta,
    /// From signing in until signing in again.
    pub(crate) session_life: TimeDelta,
}

/// What every use case works with.
pub(crate) struct App {
    db: Db,
    clock: Clock,
    randomness: Randomness,
    hasher: PasswordHasher,
    standings: Standings,
    policy: TokenPolicy,
    signer: TokenSigner,
    verifier: TokenVerifier,
    published_keys: JwkSet,
}

impl App {
    /// Reads the signing key, or makes it when this is the first start.
    ///
    /// # Errors
    /// When the database fails, or the key in it is damaged.
    pub(crate) async fn start(
        db: Db,
        clock: Clock,
        randomness: Randomness,
        hasher: PasswordHasher,
        standings: Standings,
        policy: TokenPolicy,
    ) -> Result<Self, KeysError> {
        let key = keys::active_key(&db, &clock, &randomness).await?;
        Ok(Self {
            signer: TokenSigner::new(&key),
            verifier: TokenVerifier::new(policy.parties.clone(), std::slice::from_ref(&key)),
            published_keys: JwkSet { keys: vec![key.jwk()] },
            db,
            clock,
            randomness,
            hasher,
            standings,
            policy,
        })
    }

    /// The keys that verify our tokens.
    pub(crate) fn published_keys(&self) -> &JwkSet {
        &self.published_keys
    }

    /// Deletes the sessions that have been over for a while. Answers how many.
    pub(crate) async fn purge_sessions(&self, kept: TimeDelta) -> Result<u64, DbErr> {
        let tx = self.db.begin().await?;
        let purged = sessions::purge(&tx, self.clock.now() - kept).await?;
        tx.commit().await?;
        Ok(purged)
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("policy", &self.policy).finish_non_exhaustive()
    }
}
