use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::DbErr;
use user_api::SecurityEventKind as Kind;
use vocabulary::UserId;

use super::App;
use super::password_hasher::HashError;
use crate::db::{password_resets, sessions, users};
use crate::domain::account::Account;
use crate::domain::link_token::LinkToken;
use crate::domain::password::NewPassword;
use crate::domain::security_event::Actor;
use crate::domain::session::EndReason;

/// How long a link works: until tomorrow, when it is handed over in person.
const LIFE: TimeDelta = TimeDelta::hours(24);

/// Why a password was not reset.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResetError {
    #[error("the link is not good any more")]
    LinkSpent,
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Cache(#[from] cache::CacheError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl App {
    /// A token with which the account's password can be set once, and until when; the one before is worthless from now on.
    pub(crate) async fn offer_reset(
        &self,
        actor: &Actor,
        account: &Account,
    ) -> Result<(LinkToken, DateTime<Utc>), DbErr> {
        let now = self.clock.now();
        let (token, expires_at) = (LinkToken::new(self.randomness.bytes()), now + LIFE);
        let tx = self.db.begin().await?;
        password_resets::replace(&tx, account.id, &token, expires_at).await?;
        self.record(&tx, actor.did(Kind::ResetOffered, account.id), now).await?;
        tx.commit().await?;
        Ok((token, expires_at))
    }

    /// Whether somebody with this token may still set a password.
    pub(crate) async fn is_reset_open(&self, token: &LinkToken) -> Result<bool, DbErr> {
        Ok(self.reset_owner(token).await?.is_some())
    }

    /// Sets the password of the account that the token is for, and ends all its sessions. Of two who try at once with one
    /// token, one succeeds.
    pub(crate) async fn reset_password(
        &self,
        origin: &Actor,
        token: &LinkToken,
        new: NewPassword,
    ) -> Result<(), ResetError> {
        let owner = self.reset_owner(token).await?.ok_or(ResetError::LinkSpent)?;
        let hash = self.hasher.hash(new.into_secret()).await?;
        let now = self.clock.now();
        let tx = self.db.begin().await?;
        let spent = password_resets::spend(&tx, token, now).await?;
        if !spent || !users::reset_password(&tx, owner, &hash, now).await? {
            return Err(ResetError::LinkSpent);
        }
        let ended = sessions::end_all(&tx, owner, None, EndReason::PasswordReset, now).await?;
        self.record(&tx, origin.did(Kind::PasswordReset, owner), now).await?;
        tx.commit().await?;
        Ok(self.standings.forget(ended).await?)
    }

    async fn reset_owner(&self, token: &LinkToken) -> Result<Option<UserId>, DbErr> {
        password_resets::owner(self.db.read(), token, self.clock.now()).await
    }
}
