use sea_orm::DbErr;
use vocabulary::{Secret, SessionId, UserId};

use super::App;
use super::grant::{Grant, Holder};
use super::password_hasher::HashError;
use crate::db::{refresh_tokens, sessions, users};
use crate::domain::password::NewPassword;
use crate::domain::refresh_token::RefreshToken;
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
        session: SessionId,
        current: Secret,
        new: NewPassword,
    ) -> Result<Grant, PasswordChangeError> {
        let known = users::credentials(self.db.read(), user).await?.ok_or(PasswordChangeError::SessionEnded)?;
        if !self.hasher.matches(current, Some(known.password_hash.clone())).await? {
            return Err(PasswordChangeError::WrongPassword);
        }
        let hash = self.hasher.hash(new.into_secret()).await?;

        let now = self.clock.now();
        let tx = self.db.begin().await?;
        // From here on nobody signs in with the old password: logins hold the row that this changes.
        if !users::set_password(&tx, user, &known.password_hash, &hash, now).await? {
            return Err(PasswordChangeError::WrongPassword);
        }
        let mut ended = sessions::end_all(&tx, user, Some(session), EndReason::PasswordChanged, now).await?;
        let open = match sessions::standing(&tx, session).await? {
            Standing::Open(open) if open.is_live(now) => open,
            _ => return Err(PasswordChangeError::SessionEnded),
        };
        refresh_tokens::discard(&tx, session).await?;
        let token = RefreshToken::new(self.randomness.bytes());
        refresh_tokens::insert(&tx, token.digest(), session, now).await?;
        let holder = Holder { user_id: user, role: open.role, session_id: session, expires_at: open.expires_at };
        let grant = self.grant(&holder, &token, now)?;
        tx.commit().await?;
        ended.push(session);
        self.standings.forget(ended).await?;
        Ok(grant)
    }
}
