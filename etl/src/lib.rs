//! The warehouse: brings what the services' databases allow into a folder of Delta Lake tables, incrementally and exactly
//! once, and answers queries over them. Nothing that names a person leaves a service, ids become keyed hashes, and a run
//! that is killed at any moment is continued by the next one without a row lost or doubled.

mod address;
mod batch;
mod bucket;
mod ceiling;
mod command;
mod config;
mod delta;
mod error;
mod extract;
mod folder;
mod http;
mod load;
mod maintain;
mod meters;
mod place;
mod pseudonym;
mod query;
mod reconcile;
mod report;
mod reports;
mod runs;
mod schedule;
mod service;
mod source;
mod star;
mod warehouse;

pub use command::{Command, LOG_FILTER, RowFormat, STACK, execute};
pub use config::Config;
pub use error::EtlError;
pub use http::openapi;
pub use report::{
    Compared, Difference, KeyDifference, LoadKind, Maintained, Outcome, Progress, QueryResult, Reconciliation,
    RecordedReconciliation, Run, RunReport, Status, TableComparison, TableReport, TableStatus, Verdict,
};
pub use reports::{NamedReport, REPORTS};
pub use service::{Deps, run};
pub use star::meaning;
pub use warehouse::{OnProgress, Warehouse};
