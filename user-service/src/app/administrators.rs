use chrono::{DateTime, Utc};
use sea_orm::{DatabaseTransaction, DbErr};
use user_api::{Role, SecurityEventKind as Kind};
use vocabulary::Secret;

use super::App;
use super::password_hasher::HashError;
use crate::db::{sessions, setup_token, users};
use crate::domain::account::{Account, Registration, role_word};
use crate::domain::link_token::LinkToken;
use crate::domain::security_event::Actor;
use crate::domain::session::EndReason;

/// Why there is no link for the first administrator.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OfferSetupError {
    #[error("there is an administrator")]
    NotNeeded,
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// Why nobody became the first administrator.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SetUpError {
    #[error("the link is not good any more")]
    LinkSpent,
    #[error("the e-mail belongs to an account")]
    EmailTaken,
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// Why nobody was appointed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppointError {
    #[error("the account was registered or erased at the same moment")]
    Raced,
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Cache(#[from] cache::CacheError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// An administrator, and whether the account is new.
#[derive(Debug)]
pub(crate) struct Appointment {
    pub(crate) account: Account,
    pub(crate) is_new: bool,
}

impl App {
    /// A fresh token for the setup link; the one before is worthless from now on.
    pub(crate) async fn offer_setup(&self) -> Result<LinkToken, OfferSetupError> {
        let tx = self.db.begin().await?;
        if users::has_administrator(&tx).await? {
            return Err(OfferSetupError::NotNeeded);
        }
        let token = LinkToken::new(self.randomness.bytes());
        setup_token::replace(&tx, &token, self.clock.now()).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// Whether somebody with this token may still become the first administrator.
    pub(crate) async fn is_setup_open(&self, token: &LinkToken) -> Result<bool, DbErr> {
        let db = self.db.read();
        Ok(setup_token::is_current(db, token).await? && !users::has_administrator(db).await?)
    }

    /// Opens an account for the first administrator. Of two who try at once with one token, one succeeds.
    pub(crate) async fn set_up(
        &self,
        origin: &Actor,
        token: &LinkToken,
        registration: Registration,
    ) -> Result<Account, SetUpError> {
        if !self.is_setup_open(token).await? {
            return Err(SetUpError::LinkSpent);
        }
        let Registration { email, password, display_name } = registration;
        let hash = self.hasher.hash(password.into_secret()).await?;
        let now = self.clock.now();
        let account = self.new_account(email, display_name, Role::Admin, now);
        let tx = self.db.begin().await?;
        if !setup_token::spend(&tx, token).await? || users::has_administrator(&tx).await? {
            return Err(SetUpError::LinkSpent);
        }
        if !users::insert(&tx, &account, &hash).await? {
            return Err(SetUpError::EmailTaken);
        }
        self.record(&tx, origin.did(Kind::AccountOpened, account.id).note(role_word(account.role)), now).await?;
        tx.commit().await?;
        tracing::info!(user_id = %account.id, "first administrator set up");
        Ok(account)
    }

    /// Makes an administrator on the operator's word. An account with this e-mail is given the operator's password and loses
    /// its sessions: whoever registered it need not be whom the operator means.
    pub(crate) async fn appoint(
        &self,
        origin: &Actor,
        registration: Registration,
    ) -> Result<Appointment, AppointError> {
        let hash = self.hasher.hash(registration.password.clone().into_secret()).await?;
        let now = self.clock.now();
        let tx = self.db.begin().await?;
        let known = users::find_by_email(&tx, &registration.email).await?;
        let (account, is_new) = match known {
            Some(known) => (promote(&tx, &known.account, &hash, now).await?, false),
            None => {
                let Registration { email, display_name, .. } = registration;
                let account = self.new_account(email, display_name, Role::Admin, now);
                if !users::insert(&tx, &account, &hash).await? {
                    return Err(AppointError::Raced);
                }
                (account, true)
            }
        };
        let kind = if is_new { Kind::AccountOpened } else { Kind::RoleChanged };
        self.record(&tx, origin.did(kind, account.id).note(role_word(account.role)), now).await?;
        if !is_new {
            self.record(&tx, origin.did(Kind::PasswordReset, account.id), now).await?;
        }
        tx.commit().await?;
        self.forget_sessions::<AppointError>(account.id).await?;
        tracing::info!(user_id = %account.id, is_new, "administrator appointed");
        Ok(Appointment { account, is_new })
    }
}

async fn promote(
    tx: &DatabaseTransaction,
    known: &Account,
    hash: &Secret,
    now: DateTime<Utc>,
) -> Result<Account, AppointError> {
    if !users::appoint(tx, known.id, hash, now).await? {
        return Err(AppointError::Raced);
    }
    sessions::end_all(tx, known.id, None, EndReason::Appointed, now).await?;
    users::find(tx, known.id).await?.ok_or(AppointError::Raced)
}
