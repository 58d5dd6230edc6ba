//! The user service from the outside, on SQLite and PostgreSQL.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod account;
mod administrators;
mod app;
mod attacks;
mod bodies;
mod contract;
mod forgery;
mod hang_up;
mod hashing;
mod login;
mod openapi;
mod password;
mod persistence;
mod refresh;
mod registration;
mod schema;
mod sessions;
mod setup;
mod validation;
