use std::sync::Arc;

use deltalake::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use super::table::Written;
use crate::source::{Column, Kind, Table};

pub(super) const UTC: &str = "UTC";

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

/// The columns that are written other than most: text other than the key, and the load, which every view looks at, are the same in
/// many rows.
pub(super) fn written(table: &'static Table) -> impl Iterator<Item = Written<'static>> {
    let of_column = |column: &'static Column| {
        let is_key = column.name == table.key;
        let is_text = matches!(column.kind, Kind::Text | Kind::Pseudonym);
        let is_pseudonym = column.kind == Kind::Pseudonym;
        [
            (is_text && !is_key).then_some(Written::Repeating(column.name)),
            is_pseudonym.then_some(Written::Pseudonym(column.name)),
            (is_pseudonym && is_key).then_some(Written::Unique(column.name)),
        ]
    };
    let own = ["op", "load"].map(Written::Repeating);
    table.columns.iter().flat_map(of_column).flatten().chain(own)
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
