//! Use cases: each authorizes, decides, and changes the database in one transaction.

mod account;
mod administrators;
mod audit;
mod device_sessions;
mod grant;
mod keys;
mod keyset;
mod login;
mod members;
mod password_change;
mod password_check;
mod password_hasher;
mod password_reset;
mod refresh;
mod refusals;
mod register;
mod standings;
mod throttle;
mod validation;

pub(crate) use account::RenameError;
pub(crate) use administrators::{AppointError, OfferSetupError, SetUpError};
pub(crate) use device_sessions::RevokeError;
pub(crate) use grant::Grant;
pub(crate) use keys::{KeysError, RotateError};
pub(crate) use keyset::Keyset;
pub(crate) use login::{LoginAttempt, LoginError};
pub(crate) use members::MemberError;
pub(crate) use password_change::PasswordChangeError;
pub(crate) use password_hasher::{HashError, HashingLimits, PasswordHasher};
pub(crate) use password_reset::ResetError;
pub(crate) use refresh::RefreshError;
pub(crate) use register::RegisterError;
pub(crate) use standings::Standings;
pub(crate) use throttle::{Throttle, Throttled};
pub(crate) use validation::LocalUsers;

use chrono::TimeDelta;
use sea_orm::DbErr;
use service_kit::clock::Clock;
use service_kit::db::Db;
use service_kit::randomness::Randomness;

use self::keys::Keyrings;
use self::refusals::Refusals;
pub(crate) use crate::db::security_events::EventFilter;
use crate::db::sessions;
pub(crate) use crate::db::users::AccountFilter;
use crate::domain::token::TokenParties;

/// How long what is handed out lives, and in whose name.
#[derive(Debug, Clone)]
pub(crate) struct TokenPolicy {
    pub(crate) parties: TokenParties,
    pub(crate) access_life: TimeDelta,
    /// From signing in until signing in again.
    pub(crate) session_life: TimeDelta,
    /// How many sessions a user may have at once.
    pub(crate) most_sessions: u32,
}

/// What every use case works with.
pub(crate) struct App {
    db: Db,
    clock: Clock,
    randomness: Randomness,
    hasher: PasswordHasher,
    standings: Standings,
    policy: TokenPolicy,
    keyrings: Keyrings,
    throttle: Throttle,
    refusals: Refusals,
}

impl App {
    /// Reads the signing keys, or makes one when this is the first start.
    ///
    /// # Errors
    /// When the database fails, or a key in it is damaged.
    pub(crate) async fn start(
        db: Db,
        clock: Clock,
        randomness: Randomness,
        hasher: PasswordHasher,
        standings: Standings,
        throttle: Throttle,
        policy: TokenPolicy,
    ) -> Result<Self, KeysError> {
        let keyrings = Keyrings::start(&db, &clock, &randomness, &policy.parties).await?;
        let refusals = Refusals::default();
        Ok(Self { db, clock, randomness, hasher, standings, policy, keyrings, throttle, refusals })
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
