use chrono::{DateTime, Utc};
use sea_orm::DbErr;
use user_api::SecurityEvent;
use vocabulary::UserId;

use super::App;
use crate::db::security_events::{self, EventFilter};
use crate::db::{sessions, users};
use crate::domain::account::Account;
use crate::domain::names::DisplayName;
use crate::domain::session::Session;

/// How much of a history an export holds; more of it is for administrators to page through.
const EXPORTED: u64 = 1_000;

/// Why an account was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RenameError {
    #[error("the account has changed in the meantime")]
    Stale,
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// What is kept about an account besides the account.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) at: DateTime<Utc>,
    pub(crate) sessions: Vec<Session>,
    pub(crate) events: Vec<SecurityEvent>,
}

impl App {
    pub(crate) async fn account(&self, id: UserId) -> Result<Option<Account>, DbErr> {
        users::find(self.db.read(), id).await
    }

    /// All that is kept about an account.
    pub(crate) async fn export(&self, id: UserId) -> Result<Record, DbErr> {
        let (db, at) = (self.db.read(), self.clock.now());
        let sessions = sessions::page(db, id, None, EXPORTED, at).await?;
        let filter = EventFilter { user: Some(id), ..EventFilter::default() };
        let mut events = security_events::page(db, filter, None, EXPORTED).await?;
        // Where somebody else was, an administrator say, is no data of this user.
        for event in events.iter_mut().filter(|event| event.actor_id.is_some_and(|actor| actor != id)) {
            event.address = None;
        }
        Ok(Record { at, sessions, events })
    }

    /// Changes the display name of the account as it was read, and answers the account as it is now.
    pub(crate) async fn rename(&self, read: &Account, name: DisplayName) -> Result<Account, RenameError> {
        let tx = self.db.begin().await?;
        if !users::rename(&tx, read, name, self.clock.now()).await? {
            return Err(RenameError::Stale);
        }
        let renamed = users::find(&tx, read.id).await?.ok_or(RenameError::Stale)?;
        tx.commit().await?;
        Ok(renamed)
    }
}
