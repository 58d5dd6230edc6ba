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
    pub(crate) password_changed_at: DateTime<Utc>,
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

    pub(crate) fn authority(&self) -> Authority {
        Authority { role: self.role, status: self.status }
    }
}

/// What an administrator makes of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Authority {
    pub(crate) role: Role,
    pub(crate) status: UserStatus,
}

impl Authority {
    /// Whether an account with it can look after the platform.
    pub(crate) fn administers(self) -> bool {
        self == Self { role: Role::Admin, status: UserStatus::Active }
    }
}

/// What an account of this role may act as: an administrator is a member too.
pub(crate) fn roles(role: Role) -> Vec<Role> {
    match role {
        Role::Member => vec![Role::Member],
        Role::Admin => vec![Role::Member, Role::Admin],
    }
}

/// The role as a word, in the database and in the audit trail.
pub(crate) fn role_word(role: Role) -> &'static str {
    match role {
        Role::Member => "member",
        Role::Admin => "admin",
    }
}

/// The status as a word, in the database and in the audit trail.
pub(crate) fn status_word(status: UserStatus) -> &'static str {
    match status {
        UserStatus::Active => "active",
        UserStatus::Disabled => "disabled",
    }
}
