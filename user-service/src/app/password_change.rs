use sea_orm::DbErr;
use user_api::SecurityEventKind as Kind;
use vocabulary::{Secret, SessionId, UserId};

use super::App;
use super::grant::{Grant, Holder};
use super::password_check::Checked;
use super::password_hasher::HashError;
use super::throttle::{Guess, Throttled};
use crate::db::{password_resets, refresh_tokens, sessions, users};
use crate::domain::password::NewPassword;
use crate::domain::security_event::Actor;
use crate::domain::session::{EndReason, Standing};
use crate::domain::token::SigningError;

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordChangeError {
    #[error("the current password is not this one")]
    WrongPassword,
    /// Its session ended while the request was on its way.
    #[error("the session has ended")]
    SessionEnded,
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
    /// Changes the password, ends all other sessions, and makes every token of this one worthless but those it answers.
    pub(crate) async fn change_password(
        &self,
        user: UserId,
        actor: &Actor,
        session: SessionId,
        current: Secret,
        new: NewPassword,
    ) -> Result<Grant, PasswordChangeError> {
        let known = users::credentials(self.db.read(), user).await?.ok_or(PasswordChangeError::SessionEnded)?;
        let email = known.account.email.clone();
        let guess = Guess { address: actor.address, email: Some(&email), session: None };
        self.admit_address(guess)?;
        if let Err(throttled) = self.throttle.admit_account(guess, self.clock.now()) {
            if let Throttled::Account { is_first: true, .. } = throttled {
                self.record_refused_change(actor, user, "throttled").await?;
            }
            return Err(throttled.into());
        }
        let checked = self.check_password(guess, Some(known), current).await?;
        let Checked::Right(known, _) = checked else {
            self.record_refused_change(actor, user, "wrong_current_password").await?;
            return Err(PasswordChangeError::WrongPassword);
        };
        self.throttle.succeeded(guess);
        let hash = self.hasher.hash(new.into_secret()).await?;

        let now = self.clock.now();
        let tx = self.db.begin().await?;
        // From here on nobody signs in with the old password: logins hold the row that this changes.
        if !users::set_password(&tx, user, &known.password_hash, &hash, now).await? {
            return Err(PasswordChangeError::WrongPassword);
        }
        let mut ended = sessions::end_all(&tx, user, Some(session), EndReason::PasswordChanged, now).await?;
        // A refresh that is on its way adds a token, which has to be there before the tokens are discarded.
        if !sessions::hold(&tx, session).await? {
            return Err(PasswordChangeError::SessionEnded);
        }
        let open = match sessions::standing(&tx, session).await? {
            Standing::Open(open) if open.is_live(now) => open,
            _ => return Err(PasswordChangeError::SessionEnded),
        };
        refresh_tokens::discard(&tx, session).await?;
        password_resets::discard(&tx, user).await?;
        self.record(&tx, actor.did(Kind::PasswordChanged, user), now).await?;
        let token = self.first_token(&tx, session, now).await?;
        let holder = Holder::of(session, &open);
        ended.push(session);
        self.hand_out(tx, &holder, &token, ended, now).await
    }

    async fn record_refused_change(&self, actor: &Actor, user: UserId, why: &str) -> Result<(), DbErr> {
        let tx = self.db.begin().await?;
        self.record(&tx, actor.did(Kind::LoginFailed, user).note(why), self.clock.now()).await?;
        tx.commit().await
    }
}
