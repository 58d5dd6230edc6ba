use sea_orm::{DatabaseTransaction, DbErr};
use user_api::{SecurityEventKind as Kind, UserStatus};
use vocabulary::UserId;

use super::App;
use super::keyset::{Keyset, trimmed};
use crate::db::users::{self, AccountFilter};
use crate::db::{password_resets, security_events, sessions};
use crate::domain::account::{Account, Authority, role_word, status_word};
use crate::domain::security_event::Actor;
use crate::domain::session::EndReason;

/// Why an account was not changed or erased.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MemberError {
    #[error("the account has changed in the meantime")]
    Stale,
    #[error("nobody else could look after the platform")]
    LastAdministrator,
    #[error(transparent)]
    Cache(#[from] cache::CacheError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl App {
    /// A page of the accounts, newest first.
    pub(crate) async fn accounts(
        &self,
        filter: &AccountFilter,
        keyset: Keyset<UserId>,
    ) -> Result<(Vec<Account>, Option<UserId>), DbErr> {
        let page = users::page(self.db.read(), filter, keyset.before, keyset.limit + 1).await?;
        Ok(trimmed(page, keyset.limit, |account| account.id))
    }

    /// Gives the account as it was read this role and status, which count from the next validation on. Disabling ends its
    /// sessions, so that it begins anew when it is enabled again.
    pub(crate) async fn set_authority(
        &self,
        actor: &Actor,
        read: &Account,
        to: Authority,
    ) -> Result<Account, MemberError> {
        if read.authority() == to {
            self.forget_sessions::<MemberError>(read.id).await?;
            return Ok(read.clone());
        }
        let now = self.clock.now();
        let tx = self.db.begin().await?;
        if !to.administers() {
            spare_last_administrator(&tx, read).await?;
        }
        if !users::set_authority(&tx, read, to, now).await? {
            return Err(MemberError::Stale);
        }
        if to.status == UserStatus::Disabled {
            sessions::end_all(&tx, read.id, None, EndReason::Disabled, now).await?;
        }
        if read.role != to.role {
            self.record(&tx, actor.did(Kind::RoleChanged, read.id).note(role_word(to.role)), now).await?;
        }
        if read.status != to.status {
            self.record(&tx, actor.did(Kind::StatusChanged, read.id).note(status_word(to.status)), now).await?;
        }
        let account = users::find(&tx, read.id).await?.ok_or(MemberError::Stale)?;
        tx.commit().await?;
        self.forget_sessions::<MemberError>(read.id).await?;
        Ok(account)
    }

    /// The account, if it has not been erased. That of one who was is answered only when no session of it is believed any
    /// more: the request that erased it may not have come so far.
    pub(crate) async fn account_to_erase(&self, id: UserId) -> Result<Option<Account>, MemberError> {
        let account = self.account(id).await?;
        if account.is_none() {
            self.forget_sessions::<MemberError>(id).await?;
        }
        Ok(account)
    }

    /// Removes what says who the account belonged to, and ends its sessions. Its id stays, as a pseudonym: what others lent
    /// or borrowed refers to it.
    pub(crate) async fn erase(&self, actor: &Actor, read: &Account) -> Result<(), MemberError> {
        let now = self.clock.now();
        let tx = self.db.begin().await?;
        spare_last_administrator(&tx, read).await?;
        if !users::erase(&tx, read.id, read.version, now).await? {
            return Err(MemberError::Stale);
        }
        sessions::end_all(&tx, read.id, None, EndReason::Erased, now).await?;
        sessions::forget_devices(&tx, read.id).await?;
        password_resets::discard(&tx, read.id).await?;
        self.record(&tx, actor.did(Kind::AccountErased, read.id), now).await?;
        security_events::forget_addresses(&tx, read.id).await?;
        tx.commit().await?;
        self.forget_sessions(read.id).await
    }
}

/// Refuses to take from the platform the last who can look after it.
async fn spare_last_administrator(tx: &DatabaseTransaction, read: &Account) -> Result<(), MemberError> {
    if read.authority().administers() && !users::has_another_administrator(tx, read.id).await? {
        return Err(MemberError::LastAdministrator);
    }
    Ok(())
}
