use std::sync::Arc;
use std::time::Duration;

use cache::{Cache, CacheError};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::DbErr;
use service_kit::db::Db;
use tokio::task::JoinSet;
use tokio::time::timeout;
use vocabulary::SessionId;

use crate::db::sessions;
use crate::domain::session::Standing;

/// How long a session is remembered without asking the database. It bounds what a lost message of a shared cache could do.
const KEPT: Duration = Duration::from_mins(1);

/// After so long nothing remembers a session as it was: longer than [`KEPT`] and the slowest fill together, with room for
/// clocks that differ.
const OUTLIVED: TimeDelta = TimeDelta::minutes(10);

/// How long something is waited for that only makes an answer better.
const BRIEFLY: Duration = Duration::from_millis(100);

/// How sessions stand, remembered so that a validation costs one read of the cache.
///
/// The cache is never needed: when it does not answer, the database does. Whoever ends a session calls
/// [`forget`](Standings::forget) after the commit and before answering, so that the next validation sees it. Who finds that
/// a session has ended already calls it too: the request that ended it may not have come so far.
#[derive(Debug)]
pub(crate) struct Standings {
    cache: Arc<dyn Cache>,
}

impl Standings {
    pub(crate) fn new(cache: Arc<dyn Cache>) -> Self {
        Self { cache }
    }

    /// # Errors
    /// When the cache does not know and the database does not answer.
    pub(super) async fn of(&self, id: SessionId, db: &Db) -> Result<Standing, DbErr> {
        let key = key(id);
        match self.cache.get(&key).await {
            Ok(Some(bytes)) => {
                // An entry of another version of this program is read again.
                if let Ok(standing) = serde_json::from_slice(&bytes) {
                    return Ok(standing);
                }
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(error = %error, "session cache not available, asking the database"),
        }
        let ticket = self.cache.begin_fill(&key).await;
        let standing = sessions::standing(db.read(), id).await?;
        if let (Ok(ticket), Ok(bytes)) = (ticket, serde_json::to_vec(&standing))
            && let Err(error) = self.cache.fill(ticket, bytes.into(), KEPT).await
        {
            tracing::debug!(error = %error, "session not cached");
        }
        Ok(standing)
    }

    /// Makes the next question about these sessions go to the database, on every instance. One that fails keeps none of the
    /// others waiting.
    ///
    /// # Errors
    /// When the cache does not answer for one of them; its old standing may then be believed for as long as it is kept.
    pub(super) async fn forget(&self, sessions: impl IntoIterator<Item = SessionId>) -> Result<(), CacheError> {
        let mut forgetting = JoinSet::new();
        for id in sessions {
            let cache = Arc::clone(&self.cache);
            forgetting.spawn(async move { cache.invalidate(&key(id)).await });
        }
        forgetting.join_all().await.into_iter().collect()
    }

    /// A session that had ended by then is believed nowhere any more.
    pub(super) fn outlived(now: DateTime<Utc>) -> DateTime<Utc> {
        now - OUTLIVED
    }

    /// The same where nothing was taken from the session, so that it may as well happen a little later.
    pub(super) async fn outdate(&self, session: SessionId) {
        if !matches!(timeout(BRIEFLY, self.forget([session])).await, Ok(Ok(()))) {
            tracing::debug!(%session, "session cache not told of a longer life");
        }
    }
}

fn key(id: SessionId) -> String {
    format!("session:{id}")
}
