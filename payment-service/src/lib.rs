//! Payments: money held, taken and given back for orders, by whichever provider moves it. It promises that the same key moves
//! money once, that an answer which was lost is asked for until it is definite, and that every amount is a sum of a ledger
//! to which the database only ever lets rows be added.

mod app;
mod config;
mod db;
mod domain;
mod http;
mod jobs;
mod providers;
mod run;

pub use config::Config;
pub use http::openapi;
pub use run::{Deps, run};
