//! The raw tables: append-only, with the watermark of the source in the commit that holds its rows.

mod append;
mod batches;
mod columns;
mod erase;
mod files;
mod key;
mod maintain;
mod schema;
mod table;

pub(crate) use append::Appender;
pub(crate) use batches::Batches;
pub(crate) use columns::{Columns, Load};
pub(crate) use key::Key;
pub(crate) use schema::{listed, schema};
pub(crate) use table::{DeltaTableAt, Position};
