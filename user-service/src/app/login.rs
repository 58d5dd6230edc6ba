use chrono::{DateTime, Utc};
use sea_orm::{DatabaseTransaction, DbErr};
use vocabulary::Secret;

use super::App;
use super::grant::{Grant, Holder};
use super::password_hasher::HashError;
use super::refresh::Rotation;
use crate::db::{refresh_tokens, sessions, users};
use crate::domain::account::Account;
use crate::domain::email::Email;
use crate::domain::refresh_token::RefreshToken;
use crate::domain::session::Session;
use crate::domain::token::SigningError;

/// Somebody who says who they are.
#[derive(Debug)]
pub(crate) struct LoginAttempt {
    /// None if what was typed is no address, and so nobody's.
    pub(crate) email: Option<Email>,
    pub(crate) password: Secret,
    pub(crate) device: Option<String>,
    /// The token of the session that this device has, if it has one.
    pub(crate) refresh_token: Option<RefreshToken>,
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    #[error("e-mail and password do not match")]
    WrongCredentials,
    /// Said only to those who know the password.
    #[error("the account is disabled")]
    Disabled,
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Signing(#[from] SigningError),
    #[error(transparent)]
    Cache(#[from] cache::CacheError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl App {
    /// Opens a session, or renews the one that the device has. Every attempt costs one hash.
    pub(crate) async fn login(&self, attempt: LoginAttempt) -> Result<Grant, LoginError> {
        let known = match &attempt.email {
            Some(email) => users::find_by_email(self.db.read(), email).await?,
            None => None,
        };
        let stored = known.as_ref().map(|known| known.password_hash.clone());
        let genuine = self.hasher.matches(attempt.password, stored).await?;
        let known = known.filter(|_| genuine).ok_or(LoginError::WrongCredentials)?;

        let now = self.clock.now();
        let tx = self.db.begin().await?;
        // The password may have been changed while it was being hashed. From here on it cannot be.
        let held = users::hold(&tx, known.account.id).await?;
        let held = held.filter(|held| held.password_hash == known.password_hash).ok_or(LoginError::WrongCredentials)?;
        if !held.account.is_active() {
            return Err(LoginError::Disabled);
        }
        let (renewed, replayed) = match &attempt.refresh_token {
            Some(token) => self.renew(&tx, &held.account, token, now).await?,
            None => (None, None),
        };
        let (holder, refresh_token) = match renewed {
            Some(renewed) => renewed,
            None => self.open_session(&tx, &held.account, attempt.device, now).await?,
        };
        let grant = self.grant(&holder, &refresh_token, now)?;
        tx.commit().await?;
        self.standings.forget([Some(holder.session_id), replayed].into_iter().flatten()).await?;
        Ok(grant)
    }

    /// The session of a token that is still good, for as long as a new one. A token that came twice ends its session.
    async fn renew(
        &self,
        tx: &DatabaseTransaction,
        account: &Account,
        token: &RefreshToken,
        now: DateTime<Utc>,
    ) -> Result<(Option<(Holder, RefreshToken)>, Option<vocabulary::SessionId>), DbErr> {
        match self.rotate(tx, token, Some(account.id), now).await? {
            Rotation::Refused => Ok((None, None)),
            Rotation::Replayed(session_id) => Ok((None, Some(session_id))),
            Rotation::Renewed { holder, successor } => {
                let expires_at = now + self.policy.session_life;
                sessions::renew(tx, holder.session_id, expires_at).await?;
                Ok((Some((Holder { expires_at, ..holder }, successor)), None))
            }
        }
    }

    async fn open_session(
        &self,
        tx: &DatabaseTransaction,
        account: &Account,
        device: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<(Holder, RefreshToken), DbErr> {
        let expires_at = now + self.policy.session_life;
        let session = Session { id: self.clock.new_id(), device, created_at: now, last_used_at: now, expires_at };
        sessions::insert(tx, account.id, &session).await?;
        let token = RefreshToken::new(self.randomness.bytes());
        refresh_tokens::insert(tx, token.digest(), session.id, now).await?;
        let holder = Holder { user_id: account.id, role: account.role, session_id: session.id, expires_at };
        Ok((holder, token))
    }
}
