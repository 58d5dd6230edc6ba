//! The user service from the outside, on SQLite and PostgreSQL.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod account;
mod administrators;
mod app;
mod attacks;
mod audit;
mod bodies;
mod contract;
mod credentials;
mod forgery;
mod growth;
mod hang_up;
mod hashing;
mod keys;
mod limits;
mod login;
mod lost_writes;
mod members;
mod openapi;
mod operations;
mod password;
mod persistence;
mod redis;
mod refresh;
mod registration;
mod reset;
mod retries;
mod revocation;
mod schema;
mod sessions;
mod setup;
mod throttle;
mod validation;
mod vectors;
