//! The database of a service: one code for SQLite and PostgreSQL.

pub mod change_capture;
pub mod idempotency;

mod open;
mod postgres;
mod problem;
mod reader;

pub use open::{DatabaseSettings, Db, OpenError};
pub use problem::{is_unique_violation, to_problem};
pub use reader::Reader;
