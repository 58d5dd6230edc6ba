//! Queries: rows in, domain types out. One implementation for SQLite and PostgreSQL.

mod entity;
mod migrations;
pub(crate) mod password_resets;
pub(crate) mod refresh_tokens;
mod rows;
pub(crate) mod security_events;
pub(crate) mod sessions;
pub(crate) mod setup_token;
pub(crate) mod signing_keys;
pub(crate) mod users;

pub(crate) use migrations::Migrator;
