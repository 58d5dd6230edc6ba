//! Accounts, sessions and tokens. It promises that a token is called active only while its session lives and its user may
//! act, that a revocation counts from the next validation on, and that a password is never kept, only its argon2id hash.

mod app;
mod config;
mod db;
mod domain;
mod http;
mod jobs;
mod run;

pub use config::Config;
pub use http::openapi;
pub use run::{Deps, run};
