use chrono::{DateTime, Utc};
use sea_orm::{DatabaseTransaction, DbErr};
use user_api::SecurityEventKind as Kind;
use vocabulary::{SessionId, UserId};

use super::App;
use super::grant::{Grant, Holder};
use crate::db::{refresh_tokens, sessions};
use crate::domain::refresh_token::{RefreshToken, Use};
use crate::domain::security_event::Actor;
use crate::domain::session::{EndReason, Standing};
use crate::domain::token::SigningError;

/// Why there are no new tokens.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RefreshError {
    #[error("the refresh token is not good any more")]
    Refused,
    #[error(transparent)]
    Signing(#[from] SigningError),
    #[error(transparent)]
    Cache(#[from] cache::CacheError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// What came of presenting a refresh token.
pub(super) enum Rotation {
    Renewed {
        holder: Holder,
        successor: RefreshToken,
    },
    /// Its session has ended: before, or now because the token came a second time and so two parties have it.
    Ended(SessionId),
    Refused,
}

impl App {
    /// Exchanges a refresh token for a new pair (RFC 9700 §4.14.2).
    pub(crate) async fn refresh(&self, origin: &Actor, token: &RefreshToken) -> Result<Grant, RefreshError> {
        let now = self.clock.now();
        let tx = self.db.begin().await?;
        let rotation = self.rotate(&tx, origin, token, None, now).await?;
        tx.commit().await?;
        match rotation {
            Rotation::Renewed { holder, successor } => Ok(self.grant(&holder, &successor, now)?),
            Rotation::Refused => Err(RefreshError::Refused),
            Rotation::Ended(session_id) => {
                self.standings.forget([session_id]).await?;
                Err(RefreshError::Refused)
            }
        }
    }

    /// Uses the token, if its session is open and belongs to `owner` where one is named.
    pub(super) async fn rotate(
        &self,
        tx: &DatabaseTransaction,
        origin: &Actor,
        token: &RefreshToken,
        owner: Option<UserId>,
        now: DateTime<Utc>,
    ) -> Result<Rotation, DbErr> {
        let digest = token.digest();
        let Some((session_id, seen)) = refresh_tokens::find(tx, digest).await? else {
            return Ok(Rotation::Refused);
        };
        // Whoever ends the session or discards its tokens has done so before this, or does it to the successor too.
        if !sessions::hold(tx, session_id).await? {
            return Ok(Rotation::Ended(session_id));
        }
        let open = match sessions::standing(tx, session_id).await? {
            Standing::Open(open) if open.is_live(now) && owner.is_none_or(|owner| owner == open.user_id) => open,
            _ => return Ok(Rotation::Refused),
        };
        let successor = RefreshToken::new(self.randomness.bytes());
        if seen == Use::Never && refresh_tokens::spend(tx, digest, token.seal(&successor), now).await? {
            refresh_tokens::supersede_others(tx, session_id, digest).await?;
            refresh_tokens::insert(tx, successor.digest(), session_id, now).await?;
            sessions::touch(tx, session_id, now).await?;
            return Ok(Rotation::Renewed { holder: Holder::of(session_id, &open), successor });
        }
        // It was used before, or another request was faster a moment ago.
        let Some((_, seen)) = refresh_tokens::find(tx, digest).await? else {
            return Ok(Rotation::Refused);
        };
        if let Some(sealed) = seen.repeatable(now) {
            return Ok(Rotation::Renewed { holder: Holder::of(session_id, &open), successor: token.open(sealed) });
        }
        sessions::end(tx, open.user_id, session_id, EndReason::Replay, now).await?;
        let replayed = origin.did(Kind::TokenReplayed, open.user_id).in_session(session_id);
        self.record(tx, replayed, now).await?;
        tracing::warn!(%session_id, "refresh token came twice, session ends");
        Ok(Rotation::Ended(session_id))
    }
}
