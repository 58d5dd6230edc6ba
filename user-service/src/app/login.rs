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
use crate::domain::refresh_token::{RefreshToken, Use};
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
        let known = match &attempt.email {
            Some(email) => users::find_by_email(self.db.read(), email).await?,
            None => None,
        };
        let user = known.as_ref().map(|known| known.account.id);
        let session = self.own_session(&attempt, user).await?;
        let guess = Guess { address: origin.address, email: attempt.email.as_ref(), session };
        self.admit(origin, guess, user).await?;
        let checked = self.check_password(guess, known, attempt.password.clone()).await?;
        let Checked::Right(known, fresh) = checked else {
            let why = if user.is_some() { "wrong_password" } else { "unknown_email" };
            self.record_failure(origin, user, why).await?;
            return Err(LoginError::WrongCredentials);
        };
        if !known.account.is_active() {
            self.throttle.succeeded(guess);
            self.record_failure(origin, user, "disabled").await?;
            return Err(LoginError::Disabled);
        }
        let grant = self.sign_in(origin, &known, &attempt).await?;
        self.throttle.succeeded(guess);
        self.store_fresh(&known, fresh).await?;
        Ok(grant)
    }

    /// The session of the account that the device has, if its token is one that could be refreshed now.
    async fn own_session(&self, attempt: &LoginAttempt, user: Option<UserId>) -> Result<Option<SessionId>, DbErr> {
        let (Some(token), Some(user)) = (&attempt.refresh_token, user) else { return Ok(None) };
        let now = self.clock.now();
        let Some((session, seen)) = refresh_tokens::find(self.db.read(), token.digest()).await? else {
            return Ok(None);
        };
        if seen != Use::Never && seen.repeatable(now).is_none() {
            return Ok(None);
        }
        let standing = sessions::standing(self.db.read(), session).await?;
        let is_own = matches!(standing, Standing::Open(open) if open.user_id == user && open.is_live(now));
        Ok(is_own.then_some(session))
    }

    /// Lets an attempt pass that need not wait. Of those that have to, the first is written down.
    async fn admit(&self, origin: &Actor, guess: Guess<'_>, user: Option<UserId>) -> Result<(), LoginError> {
        self.admit_address(guess)?;
        let Err(throttled) = self.throttle.admit_account(guess, self.clock.now()) else { return Ok(()) };
        if let Throttled::Account { is_first: true, .. } = throttled {
            self.record_failure(origin, user, "throttled").await?;
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
        let (renewed, over) = match &attempt.refresh_token {
            Some(token) => self.renew(&tx, origin, &held.account, token, now).await?,
            None => (None, None),
        };
        let is_renewed = renewed.is_some();
        let mut ended: Vec<SessionId> = over.into_iter().collect();
        let (holder, refresh_token) = match renewed {
            Some(renewed) => renewed,
            None => {
                ended.extend(self.make_room(&tx, held.account.id, now).await?);
                self.open_session(&tx, &held, attempt.device.clone(), now).await?
            }
        };
        let signed_in = origin.signed_in(holder.user_id, holder.session_id);
        self.record(&tx, signed_in.did(Kind::LoggedIn, holder.user_id), now).await?;
        let grant = self.hand_out(tx, &holder, &refresh_token, ended, now).await;
        if is_renewed {
            // What is remembered of it ends sooner than it does now.
            self.standings.outdate(holder.session_id).await;
        }
        grant
    }

    /// The session of a token that is still good, for as long as a new one; or one that is over, maybe because the token came
    /// twice.
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
            Rotation::Ended(session_id) => Ok((None, Some(session_id))),
            Rotation::Renewed { holder, successor } => {
                let expires_at = now + self.policy.session_life;
                sessions::renew(tx, holder.session_id, expires_at).await?;
                Ok((Some((Holder { expires_at, ..holder }, successor)), None))
            }
        }
    }

    /// Ends the sessions that were not used for longest where one more would be too many.
    async fn make_room(
        &self,
        tx: &DatabaseTransaction,
        user: UserId,
        now: DateTime<Utc>,
    ) -> Result<Vec<SessionId>, DbErr> {
        let kept = u64::from(self.policy.most_sessions).saturating_sub(1);
        sessions::end_least_used(tx, user, kept, now).await
    }

    async fn open_session(
        &self,
        tx: &DatabaseTransaction,
        held: &Credentials,
        device: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<(Holder, RefreshToken), DbErr> {
        let expires_at = now + self.policy.session_life;
        let session = Session { id: self.clock.new_id(), device, created_at: now, last_used_at: now, expires_at };
        sessions::insert(tx, held.account.id, &session).await?;
        let token = self.first_token(tx, session.id, now).await?;
        let holder = Holder {
            user_id: held.account.id,
            role: held.account.role,
            session_id: session.id,
            expires_at,
            password_changed_at: held.password_changed_at,
        };
        Ok((holder, token))
    }

    async fn record_failure(&self, origin: &Actor, user: Option<UserId>, why: &str) -> Result<(), DbErr> {
        let failed = origin.did_to_nobody(Kind::LoginFailed).note(why);
        let tx = self.db.begin().await?;
        self.record(&tx, SecurityEvent { user_id: user, ..failed }, self.clock.now()).await?;
        tx.commit().await
    }
}
