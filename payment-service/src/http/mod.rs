//! Payments over HTTP: requests in, answers out, nothing decided.

mod description;
mod internal;
mod payments;
mod problems;
mod representation;
mod routes;
mod state;

pub use routes::openapi;
pub(crate) use routes::routes;
pub(crate) use state::AppState;
