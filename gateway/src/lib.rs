//! The only door from outside. The gateway promises that every request is understood in one way only, gets an answer
//! within its deadline, and reaches no service that is failing; that public reads come from memory where they may, never
//! one person's answer to another, and never an older one after a write that was acknowledged; and that every refusal is a
//! problem document that says what helps.

mod body;
mod cache;
mod config;
mod cors;
mod credentials;
mod edge;
mod host;
mod ids;
mod listen;
mod metrics;
mod ops;
mod pages;
mod problems;
mod proxy;
mod rates;
mod routes;
mod run;
mod target;

pub use config::{CacheConfig, Config, LimitsConfig, RouteConfig, UpstreamConfig, Upstreams};
pub use listen::Listening;
pub use run::{Deps, Threads, run, run_by};
