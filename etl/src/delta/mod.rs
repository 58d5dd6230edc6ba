//! The raw tables: append-only, with the watermark of the source in the commit that holds its rows.

mod append;
mod columns;
mod erase;
mod files;
mod key;
mod maintain;
mod table;

pub(crate) use append::Appender;
pub(crate) use columns::{Columns, Load, listed, schema};
pub(crate) use key::Key;
pub(crate) use table::{DeltaTableAt, Position};
