use chrono::{DateTime, Utc};
use deltalake::arrow::array::{Int64Builder, StringBuilder, TimestampMicrosecondBuilder};
use uuid::Uuid;

use super::schema::UTC;
use crate::EtlError;
use crate::extract::{FIRST_COLUMN, KEY, Op, SourceRow};
use crate::source::{Kind, Table};

/// What all rows of one load have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) number: i64,
    pub(crate) watermark: i64,
    pub(crate) at: DateTime<Utc>,
}

/// Rows that are being gathered column by column, ids as the source has them. What is made of them costs more than reading
/// them does, so [`super::Batches`] does it, elsewhere.
#[derive(Debug)]
pub(crate) struct Columns {
    table: &'static Table,
    pub(super) ops: Vec<Op>,
    pub(super) changes: Vec<i64>,
    pub(super) listed: Vec<Cells>,
}

/// The cells of one column of the allow-list.
#[derive(Debug)]
pub(super) enum Cells {
    Text(StringBuilder),
    Ids(Vec<Option<Uuid>>),
    Integers(Int64Builder),
    Times(TimestampMicrosecondBuilder),
}

impl Columns {
    /// No rows yet, and room for so many.
    pub(crate) fn new(table: &'static Table, rows: usize) -> Self {
        Self {
            table,
            ops: Vec::with_capacity(rows),
            changes: Vec::with_capacity(rows),
            listed: table.columns.iter().map(|column| Cells::new(column.kind, rows)).collect(),
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.ops.len()
    }

    /// Adds a row as the source gave it; a deletion has only its key.
    pub(crate) fn append(&mut self, row: &impl SourceRow, op: Op) -> Result<(), EtlError> {
        let table = self.table;
        self.changes.push(row.change().map_err(|error| value(table, table.key, error))?);
        self.ops.push(op);
        for (index, (column, cells)) in table.columns.iter().zip(&mut self.listed).enumerate() {
            // A row that was deleted has its key nowhere else.
            let index = if index == 0 { KEY } else { FIRST_COLUMN + index };
            let is_something = cells.append(row, index).map_err(|error| value(table, column.name, error))?;
            if index == KEY && !is_something {
                return Err(value(table, column.name, "a row without a key"));
            }
        }
        Ok(())
    }
}

impl Cells {
    fn new(kind: Kind, rows: usize) -> Self {
        match kind {
            Kind::Pseudonym => Self::Ids(Vec::with_capacity(rows)),
            Kind::Text => Self::Text(StringBuilder::new()),
            Kind::Integer => Self::Integers(Int64Builder::with_capacity(rows)),
            Kind::TimestampMicros => Self::Times(TimestampMicrosecondBuilder::with_capacity(rows).with_timezone(UTC)),
        }
    }

    /// Adds a cell; whether it holds something.
    fn append(&mut self, row: &impl SourceRow, index: usize) -> Result<bool, sqlx::Error> {
        Ok(match self {
            Self::Text(texts) => {
                let text = row.text(index)?;
                texts.append_option(text);
                text.is_some()
            }
            Self::Ids(ids) => {
                let id = row.uuid(index)?;
                ids.push(id);
                id.is_some()
            }
            Self::Integers(integers) => {
                let integer = row.integer(index)?;
                integers.append_option(integer);
                integer.is_some()
            }
            Self::Times(times) => {
                let time = row.time_micros(index)?;
                times.append_option(time);
                time.is_some()
            }
        })
    }
}

pub(super) fn value(table: &'static Table, column: &'static str, reason: impl std::fmt::Display) -> EtlError {
    EtlError::Value { table: table.name, column, reason: reason.to_string() }
}
