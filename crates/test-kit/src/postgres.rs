//! A real PostgreSQL from the system's packages, and a database of its own for each test.
//!
//! Tests of one run share a server: `cargo xtask test` starts it and hands its URL over in `LENDERY_TEST_POSTGRES`. Where
//! the variable is absent the first test of a process starts a server, and that server ends with the process.

mod database;
mod pair;
mod server;

pub use database::{Database, database, private_database};
pub use pair::{End, Pair};
pub use server::Server;
