//! A member's own account.

pub(super) mod end_session;
pub(super) mod erase;
pub(super) mod export;
pub(super) mod name;
pub(super) mod password;
pub(super) mod show;
