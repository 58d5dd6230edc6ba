//! For other services and the operator's commands, by the service credential.

pub(super) mod create_admin;
pub(super) mod create_setup_token;
pub(super) mod find_user;
pub(super) mod list_keys;
pub(super) mod rotate_keys;
pub(super) mod validate_token;
