//! The warehouse against real sources on both databases.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod api;
mod bucket;
mod bulk;
mod ceiling;
mod command;
mod conflicts;
mod crash;
mod dictionary;
mod errors;
mod faults;
mod folder;
mod forgetting;
mod history;
mod incremental;
mod lossless;
mod maintain;
mod metrics;
mod privacy;
mod readers;
mod reconcile;
mod reports;
mod restored;
mod schedule;
mod schema;
mod source;
mod stall;
mod star;
mod stores;
mod support;
mod trade;
mod trimmed;
mod values;
