//! The warehouse against real sources on both databases.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod api;
mod crash;
mod dictionary;
mod errors;
mod faults;
mod history;
mod incremental;
mod lossless;
mod maintain;
mod privacy;
mod readers;
mod reports;
mod schedule;
mod schema;
mod source;
mod star;
mod support;
mod trade;
