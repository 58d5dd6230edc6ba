use cache::CacheError;
use chrono::{DateTime, Utc};
use sea_orm::{DatabaseTransaction, DbErr};
use user_api::Role;
use vocabulary::{Secret, Session, SessionId, UserId};

use super::App;
use crate::db::refresh_tokens;
use crate::domain::account::roles;
use crate::domain::refresh_token::RefreshToken;
use crate::domain::session::OpenSession;
use crate::domain::token::{Claims, SigningError};

/// The tokens of a session, for its device.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) user_id: UserId,
    pub(crate) access_token: Secret,
    /// Life of the access token.
    pub(crate) expires_in_seconds: u64,
    pub(crate) refresh_token: Secret,
}

/// Whom a grant is for, and until when at most.
pub(super) struct Holder {
    pub(super) user_id: UserId,
    pub(super) role: Role,
    pub(super) session_id: SessionId,
    pub(super) expires_at: DateTime<Utc>,
    pub(super) password_changed_at: DateTime<Utc>,
}

impl Holder {
    /// Of a session that is open.
    pub(super) fn of(session_id: SessionId, open: &OpenSession) -> Self {
        Self {
            user_id: open.user_id,
            role: open.role,
            session_id,
            expires_at: open.expires_at,
            password_changed_at: open.password_changed_at,
        }
    }
}

impl App {
    /// The first refresh token of a session, or the first since its others were discarded.
    pub(super) async fn first_token(
        &self,
        tx: &DatabaseTransaction,
        session: SessionId,
        now: DateTime<Utc>,
    ) -> Result<RefreshToken, DbErr> {
        let token = RefreshToken::new(self.randomness.bytes());
        refresh_tokens::insert(tx, token.digest(), session, now).await?;
        Ok(token)
    }

    /// Ends the transaction that made this refresh token, and answers it with an access token. `touched` are the sessions
    /// whose standing has changed.
    pub(super) async fn hand_out<E>(
        &self,
        tx: DatabaseTransaction,
        holder: &Holder,
        refresh_token: &RefreshToken,
        touched: Vec<SessionId>,
        now: DateTime<Utc>,
    ) -> Result<Grant, E>
    where
        E: From<SigningError> + From<CacheError> + From<DbErr>,
    {
        // Signed before the commit: without an access token nothing has happened.
        let grant = self.grant(holder, refresh_token, now)?;
        tx.commit().await?;
        self.standings.forget(touched).await?;
        Ok(grant)
    }

    /// Signs an access token to go with this refresh token.
    pub(super) fn grant(
        &self,
        holder: &Holder,
        refresh_token: &RefreshToken,
        now: DateTime<Utc>,
    ) -> Result<Grant, SigningError> {
        let expires_at = (now + self.policy.access_life).min(holder.expires_at);
        let claims = Claims {
            iss: self.policy.parties.issuer.clone(),
            aud: self.policy.parties.audience.clone(),
            sub: holder.user_id,
            sid: holder.session_id,
            jti: self.clock.new_id::<Session>().uuid(),
            iat: now.timestamp(),
            exp: expires_at.timestamp(),
            nbf: None,
            pwd: holder.password_changed_at.timestamp_micros(),
            roles: roles(holder.role),
        };
        Ok(Grant {
            user_id: holder.user_id,
            access_token: Secret::new(self.keyrings.current().signer.sign(&claims)?),
            expires_in_seconds: u64::try_from((expires_at - now).num_seconds()).unwrap_or(0),
            refresh_token: refresh_token.to_secret(),
        })
    }
}
