use chrono::{DateTime, Utc};
use sea_orm::{DatabaseTransaction, DbErr};
use user_api::SecurityEventKind as Kind;
use vocabulary::{Secret, SessionId, UserId};

use super::App;
use super::grant::{Grant, Holder};
use super::password_check::Checked;
use super::password_hasher::HashError;
use super::refresh::Rotation;
use super::throttle::{Guess, Throttled};
use crate::db::{refresh_tokens, sessions, users};
use crate::domain::account::{Account, Credentials};
use crate::domain::email::Email;
use crate::domain::refresh_token::RefreshToken;
use crate::domain::security_event::{Actor, SecurityEvent};
use crate::domain::session::{Session, Standing};
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
    Throttled(#[from] Throttled),
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
    /// Opens a session, or renews the one that the device has. Every attempt that is let through costs one hash.
    pub(crate) async fn login(&self, origin: &Actor, attempt: LoginAttempt) -> Result<Grant, LoginError> {
        let guess = Guess { address: origin.address, email: attempt.email.as_ref() };
        let known = match &attempt.email {
            Some(email) => users::find_by_email(self.db.read(), email).await?,
            None => None,
        };
        self.admit(guess, &attempt, known.as_ref()).await?;
        let user = known.as_ref().map(|known| known.account.id);
        let checked = self.check_password(guess, known, attempt.password.clone()).await?;
        let Checked::Right(known, fresh) = checked else {
            let why = if user.is_some() { "wrong_password" } else { "unknown_email" };
            self.record_failure(origin, user, why).await?;
            return Err(LoginError::WrongCredentials);
        };
        if !known.account.is_active() {
            self.record_failure(origin, user, "disabled").await?;
            return Err(LoginError::Disabled);
        }
        let grant = self.sign_in(origin, &known, &attempt).await?;
        self.throttle.succeeded(guess);
        self.store_fresh(&known, fresh).await?;
        Ok(grant)
    }

    /// Lets an attempt pass that need not wait. A device that has a session of the account need not, whoever else guesses:
    /// nobody can keep its owner out.
    async fn admit(
        &self,
        guess: Guess<'_>,
        attempt: &LoginAttempt,
        known: Option<&Credentials>,
    ) -> Result<(), LoginError> {
        let now = self.clock.now();
        self.throttle.admit_address(guess, now)?;
        let Err(throttled) = self.throttle.admit_account(guess, now) else { return Ok(()) };
        if let (Some(token), Some(known)) = (&attempt.refresh_token, known)
            && let Some((session, _)) = refresh_tokens::find(self.db.read(), token.digest()).await?
            && let Standing::Open(open) = sessions::standing(self.db.read(), session).await?
            && open.user_id == known.account.id
            && open.is_live(now)
        {
            return Ok(());
        }
        Err(throttled.into())
    }

    async fn sign_in(&self, origin: &Actor, known: &Credentials, attempt: &LoginAttempt) -> Result<Grant, LoginError> {
        let now = self.clock.now();
        let tx = self.db.begin().await?;
        // The password may have been changed while it was being hashed. From here on it cannot be.
        let held = self.hold_checked(&tx, known).await?.ok_or(LoginError::WrongCredentials)?;
        if !held.account.is_active() {
            return Err(LoginError::Disabled);
        }
        let (renewed, replayed) = match &attempt.refresh_token {
            Some(token) => self.renew(&tx, origin, &held.account, token, now).await?,
            None => (None, None),
        };
        let is_renewed = renewed.is_some();
        let (holder, refresh_token) = match renewed {
            Some(renewed) => renewed,
            None => self.open_session(&tx, &held.account, attempt.device.clone(), now).await?,
        };
        let signed_in = origin.signed_in(holder.user_id, holder.session_id);
        self.record(&tx, signed_in.did(Kind::LoggedIn, holder.user_id), now).await?;
        let grant = self.hand_out(tx, &holder, &refresh_token, replayed.into_iter().collect(), now).await;
        if is_renewed {
            // What is remembered of it ends sooner than it does now.
            self.standings.outdate(holder.session_id).await;
        }
        grant
    }

    /// The session of a token that is still good, for as long as a new one. A token that came twice ends its session.
    async fn renew(
        &self,
        tx: &DatabaseTransaction,
        origin: &Actor,
        account: &Account,
        token: &RefreshToken,
        now: DateTime<Utc>,
    ) -> Result<(Option<(Holder, RefreshToken)>, Option<SessionId>), DbErr> {
        match self.rotate(tx, origin, token, Some(account.id), now).await? {
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
        let token = self.first_token(tx, session.id, now).await?;
        let holder = Holder { user_id: account.id, role: account.role, session_id: session.id, expires_at };
        Ok((holder, token))
    }

    async fn record_failure(&self, origin: &Actor, user: Option<UserId>, why: &str) -> Result<(), DbErr> {
        let failed = origin.did_to_nobody(Kind::LoginFailed).note(why);
        let tx = self.db.begin().await?;
        self.record(&tx, SecurityEvent { user_id: user, ..failed }, self.clock.now()).await?;
        tx.commit().await
    }
}
