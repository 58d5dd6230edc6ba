use chrono::{DateTime, Utc};
use user_api::Role;
use vocabulary::{Secret, Session, SessionId, UserId};

use super::App;
use crate::domain::account::roles;
use crate::domain::refresh_token::RefreshToken;
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
}

impl App {
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
            roles: roles(holder.role),
        };
        Ok(Grant {
            user_id: holder.user_id,
            access_token: Secret::new(self.signer.sign(&claims)?),
            expires_in_seconds: u64::try_from((expires_at - now).num_seconds()).unwrap_or(0),
            refresh_token: refresh_token.to_secret(),
        })
    }
}
