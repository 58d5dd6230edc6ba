//! Signing in and out.

mod device;
pub(super) mod list_events;
pub(super) mod list_sessions;
pub(super) mod login;
pub(super) mod logout;
pub(super) mod refresh;
pub(super) mod register;
pub(super) mod reset_password;
pub(super) mod revoke_session;
mod token_pair;

pub(super) use list_sessions::shown;
pub(super) use token_pair::token_pair;
