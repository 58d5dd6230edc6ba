use problem::{Kind, Problem};
use user_api::{Profile, User};
use vocabulary::UserId;

use crate::domain::account::{Account, roles};

/// An account as its owner sees it.
pub(in crate::http) fn user(account: Account) -> User {
    User {
        id: account.id,
        email: account.email.into_string(),
        display_name: account.display_name,
        roles: roles(account.role),
        status: account.status,
        created_at: account.created_at,
        updated_at: account.updated_at,
        version: account.version,
    }
}

/// An account as everybody sees it.
pub(super) fn profile(account: Account) -> Profile {
    Profile { id: account.id, display_name: account.display_name, member_since: account.created_at }
}

/// The cache group of what everybody sees of an account.
pub(super) fn group(id: UserId) -> String {
    format!("user:{id}")
}

/// The account that an administrator named.
pub(super) fn found(account: Option<Account>) -> Result<Account, Problem> {
    account.ok_or_else(|| Problem::because(Kind::NotFound, "There is no such account."))
}

/// The account was erased while the request was on its way.
pub(super) fn erased() -> Problem {
    Problem::invalid_token("The account is no more.")
}
