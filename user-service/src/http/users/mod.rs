//! Accounts, one's own and as others see them.

pub(super) mod change_password;
pub(super) mod erase_me;
pub(super) mod erase_user;
pub(super) mod export_me;
pub(super) mod get_me;
pub(super) mod get_profile;
pub(super) mod get_user;
pub(super) mod list_users;
pub(super) mod offer_reset;
mod representation;
pub(super) mod update_me;
pub(super) mod update_user;

pub(super) use representation::user;
