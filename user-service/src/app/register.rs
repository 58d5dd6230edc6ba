use chrono::{DateTime, Utc};
use sea_orm::DbErr;
use user_api::{Role, SecurityEventKind as Kind, UserStatus};

use super::App;
use super::password_hasher::HashError;
use super::throttle::{Guess, Throttled};
use crate::db::users;
use crate::domain::account::{Account, Registration};
use crate::domain::email::Email;
use crate::domain::names::DisplayName;
use crate::domain::security_event::Actor;

/// Why there is no new account.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RegisterError {
    #[error("the e-mail belongs to an account")]
    EmailTaken,
    #[error(transparent)]
    Throttled(#[from] Throttled),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl App {
    /// Opens an account for a member.
    pub(crate) async fn register(&self, origin: &Actor, registration: Registration) -> Result<Account, RegisterError> {
        let Registration { email, password, display_name } = registration;
        // Who tries one e-mail after another learns whose they are, but slowly.
        let guess = Guess { address: origin.address, email: None, session: None };
        self.admit_address(guess)?;
        // Asked first because hashing is dear; the unique index decides in the end.
        if users::find_by_email(self.db.read(), &email).await?.is_some() {
            return Err(RegisterError::EmailTaken);
        }
        let hashed = self.hasher.hash(password.into_secret()).await;
        let hash = hashed.inspect_err(|_| self.throttle.withdrawn(guess))?;
        let account = self.new_account(email, display_name, Role::Member, self.clock.now());
        let tx = self.db.begin().await?;
        if !users::insert(&tx, &account, &hash).await? {
            return Err(RegisterError::EmailTaken);
        }
        self.record(&tx, origin.did(Kind::AccountOpened, account.id), account.created_at).await?;
        tx.commit().await?;
        self.throttle.succeeded(guess);
        Ok(account)
    }

    pub(super) fn new_account(&self, email: Email, name: DisplayName, role: Role, now: DateTime<Utc>) -> Account {
        Account {
            id: self.clock.new_id(),
            email,
            display_name: name.into_string(),
            role,
            status: UserStatus::Active,
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }
}
