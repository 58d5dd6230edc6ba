//! The inventory over HTTP: requests in, answers out, nothing decided.

mod categories;
mod csv_file;
mod description;
mod internal;
mod items;
mod photos;
mod problems;
mod refusals;
mod reservations;
mod routes;
mod state;
mod units;

pub use routes::openapi;
pub(crate) use routes::routes;
pub(crate) use state::AppState;
