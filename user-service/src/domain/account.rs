use chrono::{DateTime, Utc};
use user_api::{Role, UserStatus};
use vocabulary::{Secret, UserId};

use super::email::Email;
use super::names::DisplayName;
use super::password::NewPassword;

/// A member's account. One that was erased is none: no query gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) id: UserId,
    pub(crate) email: Email,
    pub(crate) display_name: String,
    pub(crate) role: Role,
    pub(crate) status: UserStatus,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) version: i64,
}

/// An account with what its password is checked against.
#[derive(Debug, Clone)]
pub(crate) struct Credentials {
    pub(crate) account: Account,
    pub(crate) password_hash: Secret,
}

/// What somebody says who wants an account.
#[derive(Debug, Clone)]
pub(crate) struct Registration {
    pub(crate) email: Email,
    pub(crate) password: NewPassword,
    pub(crate) display_name: DisplayName,
}

impl Account {
    pub(crate) fn is_active(&self) -> bool {
        self.status == UserStatus::Active
    }
}

/// What an account of this role may act as: an administrator is a member too.
pub(crate) fn roles(role: Role) -> Vec<Role> {
    match role {
        Role::Member => vec![Role::Member],
        Role::Admin => vec![Role::Member, Role::Admin],
    }
}
