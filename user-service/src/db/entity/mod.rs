//! Rows as sea-orm maps them.

pub(super) mod password_reset;
pub(super) mod refresh_token;
pub(super) mod security_event;
pub(super) mod session;
pub(super) mod setup_token;
pub(super) mod signing_key;
pub(super) mod user;
