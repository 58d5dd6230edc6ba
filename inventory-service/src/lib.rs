//! The inventory: what members offer, in categories, found by anybody. It promises that an item is changed only by its
//! owner or an administrator, never over a version they have not seen, and that every acknowledged change is in the next
//! answer.

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
