//! The warehouse: brings what the services' databases allow into a folder of Delta Lake tables, incrementally and exactly
//! once, and answers queries over them. Nothing that names a person leaves a service, ids become keyed hashes, and a run
//! that is killed at any moment is continued by the next one without a row lost or doubled.

mod address;
mod batch;
mod config;
mod delta;
mod error;
mod extract;
mod http;
mod load;
mod maintain;
mod meters;
mod pseudonym;
mod query;
mod report;
mod reports;
mod runs;
mod schedule;
mod service;
mod source;
mod star;
mod warehouse;

pub use config::Config;
pub use error::EtlError;
pub use http::openapi;
pub use report::{LoadKind, Outcome, Progress, QueryResult, Run, RunReport, Status, TableReport, TableStatus};
pub use reports::{NamedReport, REPORTS};
pub use service::{Deps, run};
pub use warehouse::{OnProgress, Warehouse};
