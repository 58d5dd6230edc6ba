//! Carts and orders. It promises that an order ends in a final state whatever fails on the way, that nothing stays set
//! aside or held for an order that was given up, and that everybody concerned can read why.

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
