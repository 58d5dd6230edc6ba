use sea_orm::DbErr;
use vocabulary::UserId;

use super::App;
use crate::db::{sessions, users};
use crate::domain::account::Account;
use crate::domain::names::DisplayName;
use crate::domain::session::EndReason;

/// Why an account was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RenameError {
    #[error("the account has changed in the meantime")]
    Stale,
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// Why an account was not erased.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EraseError {
    #[error("the account has changed in the meantime")]
    Stale,
    #[error(transparent)]
    Cache(#[from] cache::CacheError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl App {
    pub(crate) async fn account(&self, id: UserId) -> Result<Option<Account>, DbErr> {
        users::find(self.db.read(), id).await
    }

    /// Changes the display name of the account as it was read, and answers the account as it is now.
    pub(crate) async fn rename(&self, read: &Account, name: DisplayName) -> Result<Account, RenameError> {
        let tx = self.db.begin().await?;
        if !users::rename(&tx, read.id, read.version, name, self.clock.now()).await? {
            return Err(RenameError::Stale);
        }
        let renamed = users::find(&tx, read.id).await?.ok_or(RenameError::Stale)?;
        tx.commit().await?;
        Ok(renamed)
    }

    /// Removes what says who the account belonged to, and ends its sessions. Its id stays: what others lent or borrowed
    /// refers to it.
    pub(crate) async fn erase(&self, read: &Account) -> Result<(), EraseError> {
        let now = self.clock.now();
        let tx = self.db.begin().await?;
        if !users::erase(&tx, read.id, read.version, now).await? {
            return Err(EraseError::Stale);
        }
        let ended = sessions::end_all(&tx, read.id, None, EndReason::Erased, now).await?;
        sessions::forget_devices(&tx, read.id).await?;
        tx.commit().await?;
        Ok(self.standings.forget(ended).await?)
    }
}
