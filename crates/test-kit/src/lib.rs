//! What tests and benchmarks need and no service does: a real PostgreSQL on a free port, a real browser, a database of its own for each
//! test on either engine, real processes that end with the test, a small JSON client, and waiting on conditions rather
//! than on time. Everything here panics with the remedy when it cannot keep its promise: a test has nobody to hand an
//! error to.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking, and so does everything it leans on"
)]

pub mod chromium;
mod database;
pub mod http;
pub mod nats;
pub mod postgres;
pub mod process;
pub mod redis_cluster;
mod secret;
pub mod sqlite;
mod wait;

pub use database::{Engine, TestDatabase, on_every_database, on_every_database_alone};
pub use secret::write_secret;
pub use wait::wait_until;
