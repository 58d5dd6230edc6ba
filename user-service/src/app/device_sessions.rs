use cache::CacheError;
use sea_orm::DbErr;
use user_api::SecurityEventKind as Kind;
use vocabulary::{SessionId, UserId};

use super::keyset::{Keyset, trimmed};
use super::{App, Standings};
use crate::db::sessions;
use crate::domain::security_event::{Actor, SecurityEvent};
use crate::domain::session::{EndReason, Session};

/// Why a session was not ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RevokeError {
    #[error("the user has no such session")]
    NotFound,
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl App {
    /// A page of the user's own sessions, newest first.
    pub(crate) async fn sessions(
        &self,
        user: UserId,
        keyset: Keyset<SessionId>,
    ) -> Result<(Vec<Session>, Option<SessionId>), DbErr> {
        let page = sessions::page(self.db.read(), user, keyset.before, keyset.limit + 1, self.clock.now()).await?;
        Ok(trimmed(page, keyset.limit, |session| session.id))
    }

    /// Ends the session in which the request was made.
    pub(crate) async fn logout(&self, actor: &Actor, user: UserId, session: SessionId) -> Result<(), RevokeError> {
        match self.end_session(actor.did(Kind::LoggedOut, user), user, session, EndReason::Logout).await {
            // Somebody else ended it a moment ago: what was asked for has happened.
            Err(RevokeError::NotFound) => Ok(()),
            ended => ended,
        }
    }

    /// Ends one of the user's own sessions.
    pub(crate) async fn revoke(&self, actor: &Actor, user: UserId, session: SessionId) -> Result<(), RevokeError> {
        let revoked = actor.did(Kind::SessionRevoked, user).in_session(session);
        self.end_session(revoked, user, session, EndReason::Revoked).await
    }

    /// Makes every instance ask the database about the user's sessions, also about those that ended a little while ago.
    pub(super) async fn forget_sessions<E: From<CacheError> + From<DbErr>>(&self, user: UserId) -> Result<(), E> {
        let then = Standings::outlived(self.clock.now());
        let sessions = sessions::open_since(self.db.read(), user, then).await?;
        Ok(self.standings.forget(sessions).await?)
    }

    async fn end_session(
        &self,
        event: SecurityEvent,
        user: UserId,
        session: SessionId,
        reason: EndReason,
    ) -> Result<(), RevokeError> {
        let now = self.clock.now();
        let tx = self.db.begin().await?;
        let has_ended = sessions::end(&tx, user, session, reason, now).await?;
        if has_ended {
            self.record(&tx, event, now).await?;
        }
        tx.commit().await?;
        self.standings.forget([session]).await?;
        has_ended.then_some(()).ok_or(RevokeError::NotFound)
    }
}
