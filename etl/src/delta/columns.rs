use std::sync::Arc;

use chrono::{DateTime, Utc};
use deltalake::arrow::array::{ArrayRef, Int64Builder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder};
use deltalake::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use super::key::Key;
use crate::EtlError;
use crate::extract::{FIRST_COLUMN, Op, SourceRow};
use crate::pseudonym::{Pseudonyms, Remembered};
use crate::source::{Column, Kind, Table};

const UTC: &str = "UTC";

/// The columns of a raw table: the allow-list, and before it how each row came here.
///
/// `load` is the table's Delta version that added the row; `load` and then `change_seq` are the order of a key's rows.
/// `change_seq` is the number of the change; for rows of a whole table (`op` is S) the last one that is in them although the
/// next load reads it too, or 0.
pub(crate) fn schema(table: &Table) -> SchemaRef {
    let own = [
        Field::new("load", DataType::Int64, false),
        Field::new("op", DataType::Utf8, false),
        Field::new("change_seq", DataType::Int64, false),
        Field::new("watermark", DataType::Int64, false),
        Field::new("loaded_at", timestamp(), false),
    ];
    let own = own.into_iter().map(Arc::new);
    Arc::new(Schema::new(own.chain(listed(table).fields().iter().cloned()).collect::<Vec<_>>()))
}

/// The columns of the allow-list, in the types the warehouse keeps them in.
pub(crate) fn listed(table: &Table) -> Schema {
    let fields = table.columns.iter();
    Schema::new(
        fields
            .map(|column| Field::new(column.name, data_type(column.kind), column.name != table.key))
            .collect::<Vec<_>>(),
    )
}

/// The columns that are the same in many rows: text other than the key, and the load, which every view looks at.
pub(super) fn repeating(table: &'static Table) -> impl Iterator<Item = &'static str> {
    let is_text = |column: &&Column| matches!(column.kind, Kind::Text | Kind::Pseudonym) && column.name != table.key;
    table.columns.iter().filter(is_text).map(|column| column.name).chain(["op", "load"])
}

/// What all rows of one load have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) number: i64,
    pub(crate) watermark: i64,
    pub(crate) at: DateTime<Utc>,
}

/// Rows that are being turned into columns.
#[derive(Debug)]
pub(crate) struct Columns {
    table: &'static Table,
    schema: SchemaRef,
    load: Load,
    ops: StringBuilder,
    changes: Int64Builder,
    listed: Vec<Builder>,
    remembered: Remembered,
    rows: usize,
}

impl Columns {
    pub(crate) fn new(table: &'static Table, load: Load) -> Self {
        Self {
            table,
            schema: schema(table),
            load,
            ops: StringBuilder::new(),
            changes: Int64Builder::new(),
            listed: table.columns.iter().map(|column| Builder::new(column.kind)).collect(),
            remembered: Remembered::default(),
            rows: 0,
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Adds a row as the source gave it; a deletion has only its key.
    pub(crate) fn append(
        &mut self,
        row: &impl SourceRow,
        op: Op,
        key: Key,
        names: &Pseudonyms,
    ) -> Result<(), EtlError> {
        let change = row.change().map_err(|error| value(self.table, self.table.key, error))?;
        self.begin(op, change);
        for (index, (column, builder)) in self.table.columns.iter().zip(&mut self.listed).enumerate() {
            if index == 0 {
                builder.append_key(Some(key));
            } else {
                builder.append(row, FIRST_COLUMN + index, self.table, column, &mut self.remembered, names)?;
            }
        }
        Ok(())
    }

    /// Adds the deletion of a key of which the source no longer says anything.
    pub(super) fn append_deletion(&mut self, key: Key) {
        self.begin(Op::Delete, 0);
        for (column, builder) in self.table.columns.iter().zip(&mut self.listed) {
            builder.append_key((column.name == self.table.key).then_some(key));
        }
    }

    /// The rows so far as one batch; afterwards there are none.
    pub(crate) fn take(&mut self) -> Result<RecordBatch, EtlError> {
        let rows = std::mem::take(&mut self.rows);
        let repeated =
            |number: i64| Arc::new(deltalake::arrow::array::Int64Array::from_value(number, rows)) as ArrayRef;
        let mut loaded_at = TimestampMicrosecondBuilder::with_capacity(rows).with_timezone(UTC);
        (0..rows).for_each(|_| loaded_at.append_value(self.load.at.timestamp_micros()));
        let own: [ArrayRef; 5] = [
            repeated(self.load.number),
            Arc::new(self.ops.finish()),
            Arc::new(self.changes.finish()),
            repeated(self.load.watermark),
            Arc::new(loaded_at.finish()),
        ];
        let arrays = own.into_iter().chain(self.listed.iter_mut().map(Builder::finish)).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), arrays)
            .map_err(|cause| EtlError::Columns { table: self.table.raw, cause })
    }

    /// The failure of a row whose key cannot be read.
    pub(crate) fn wrong_key(&self, reason: impl std::fmt::Display) -> EtlError {
        value(self.table, self.table.key, reason)
    }

    fn begin(&mut self, op: Op, change: i64) {
        self.ops.append_value(op.letter());
        self.changes.append_value(change);
        self.rows += 1;
    }
}

/// One column of the allow-list.
#[derive(Debug)]
enum Builder {
    Text(StringBuilder),
    Pseudonym(StringBuilder),
    Integer(Int64Builder),
    Time(TimestampMicrosecondBuilder),
}

impl Builder {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Pseudonym => Self::Pseudonym(StringBuilder::new()),
            Kind::Text => Self::Text(StringBuilder::new()),
            Kind::Integer => Self::Integer(Int64Builder::new()),
            Kind::TimestampMicros => Self::Time(TimestampMicrosecondBuilder::new().with_timezone(UTC)),
        }
    }

    fn append(
        &mut self,
        row: &impl SourceRow,
        index: usize,
        table: &'static Table,
        column: &Column,
        remembered: &mut Remembered,
        names: &Pseudonyms,
    ) -> Result<(), EtlError> {
        let wrong = |error| value(table, column.name, error);
        match self {
            Self::Text(builder) => builder.append_option(row.text(index).map_err(wrong)?),
            Self::Pseudonym(builder) => match row.uuid(index).map_err(wrong)? {
                Some(id) => builder.append_value(remembered.text(names, id)),
                None => builder.append_null(),
            },
            Self::Integer(builder) => builder.append_option(row.integer(index).map_err(wrong)?),
            Self::Time(builder) => {
                builder.append_option(row.time_micros(index).map_err(wrong)?);
            }
        }
        Ok(())
    }

    /// The key, or nothing in any other column.
    fn append_key(&mut self, key: Option<Key>) {
        match (self, key) {
            (Self::Pseudonym(builder), Some(Key::Hash(hash))) => builder.append_value(hash.text(&mut [0; 43])),
            (Self::Integer(builder), Some(Key::Number(number))) => builder.append_value(number),
            (Self::Text(builder) | Self::Pseudonym(builder), _) => builder.append_null(),
            (Self::Integer(builder), _) => builder.append_null(),
            (Self::Time(builder), _) => builder.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(builder) | Self::Pseudonym(builder) => Arc::new(builder.finish()),
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Time(builder) => Arc::new(builder.finish()),
        }
    }
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Pseudonym | Kind::Text => DataType::Utf8,
        Kind::Integer => DataType::Int64,
        Kind::TimestampMicros => timestamp(),
    }
}

fn timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into()))
}

pub(super) fn value(table: &'static Table, column: &'static str, reason: impl std::fmt::Display) -> EtlError {
    EtlError::Value { table: table.name, column, reason: reason.to_string() }
}
