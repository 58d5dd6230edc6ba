//! The test kit keeps its own promises: databases are real, apart and gone afterwards, and no process outlives a test.
#![expect(clippy::unwrap_used, reason = "tests")]

mod databases;
mod processes;
mod servers;
