//! The HTTP API: what a request has to be, and what is answered.

mod administrator;
mod auth;
mod documented;
mod fields;
mod internal;
mod jwks;
mod origin;
mod problems;
mod routes;
mod setup;
mod users;

pub use routes::openapi;
pub(crate) use routes::{Trust, router};
