//! Accounts, one's own and as others see them.

pub(super) mod change_password;
pub(super) mod erase_me;
pub(super) mod get_me;
pub(super) mod get_profile;
mod representation;
pub(super) mod update_me;

pub(super) use representation::user;
