//! The warehouse over HTTP, for administrators: requests in, answers out, nothing decided.

mod administrator;
mod description;
mod list_reports;
mod list_runs;
mod problems;
mod report;
mod routes;
mod start_reconciliation;
mod start_run;
mod state;

pub use routes::openapi;
pub(crate) use routes::routes;
pub(crate) use state::{AppState, Nudge, Nudges};
