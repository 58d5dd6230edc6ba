use sea_orm::DbErr;
use vocabulary::{SessionId, UserId};

use super::App;
use crate::db::sessions;
use crate::domain::session::{EndReason, Session};

/// Why a session was not ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RevokeError {
    #[error("the user has no such session")]
    NotFound,
    #[error(transparent)]
    Cache(#[from] cache::CacheError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl App {
    /// A page of the user's own sessions, newest first, from the one before `before`; with the last one of it, if there are
    /// more.
    pub(crate) async fn sessions(
        &self,
        user: UserId,
        before: Option<SessionId>,
        limit: u64,
    ) -> Result<(Vec<Session>, Option<SessionId>), DbErr> {
        let mut page = sessions::page(self.db.read(), user, before, limit + 1, self.clock.now()).await?;
        let has_more = u64::try_from(page.len()).is_ok_and(|length| length > limit);
        if has_more {
            page.pop();
        }
        let next = page.last().filter(|_| has_more).map(|session| session.id);
        Ok((page, next))
    }

    /// Ends the session in which the request was made.
    pub(crate) async fn logout(&self, user: UserId, session: SessionId) -> Result<(), RevokeError> {
        match self.end_session(user, session, EndReason::Logout).await {
            // Somebody else ended it a moment ago: what was asked for has happened.
            Err(RevokeError::NotFound) => Ok(()),
            ended => ended,
        }
    }

    /// Ends one of the user's own sessions.
    pub(crate) async fn revoke(&self, user: UserId, session: SessionId) -> Result<(), RevokeError> {
        self.end_session(user, session, EndReason::Revoked).await
    }

    async fn end_session(&self, user: UserId, session: SessionId, reason: EndReason) -> Result<(), RevokeError> {
        let tx = self.db.begin().await?;
        let ended = sessions::end(&tx, user, session, reason, self.clock.now()).await?;
        tx.commit().await?;
        if !ended {
            return Err(RevokeError::NotFound);
        }
        Ok(self.standings.forget([session]).await?)
    }
}
