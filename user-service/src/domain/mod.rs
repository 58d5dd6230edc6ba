//! Accounts, sessions and tokens: what they are and what rules they keep.

pub(crate) mod account;
pub(crate) mod common_passwords;
pub(crate) mod email;
pub(crate) mod field_error;
pub(crate) mod link_token;
pub(crate) mod names;
pub(crate) mod password;
pub(crate) mod refresh_token;
pub(crate) mod security_event;
pub(crate) mod session;
pub(crate) mod token;
