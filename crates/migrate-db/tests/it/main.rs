//! Databases with every kind of column, on a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "tests say what they expect by failing")]

mod pair;
mod refusals;
mod rows;
