//! Carts and orders over HTTP: requests in, answers out, nothing decided.

mod cart;
mod context;
mod description;
mod orders;
mod problems;
mod routes;
mod state;

pub use routes::openapi;
pub(crate) use routes::routes;
pub(crate) use state::AppState;
