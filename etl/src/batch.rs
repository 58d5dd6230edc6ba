//! Which versions of the tables belong together. Delta Lake commits one table at a time, so a commit of the table
//! `etl_batch` names the versions of all of them, and readers pin the ones of its last batch.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use deltalake::arrow::array::{Array, AsArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use deltalake::arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, TimeUnit};
use deltalake::writer::DeltaWriter;

use crate::EtlError;
use crate::delta::{DeltaTableAt, Position};
use crate::place::Place;
use crate::pseudonym::Pseudonyms;
use crate::query::session;
use crate::report::TableStatus;

const NAME: &str = "etl_batch";

/// The last batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Batch {
    /// 0 before the first.
    pub(crate) number: i64,
    pub(crate) tables: Vec<TableStatus>,
    /// By which key the ids in it are hashed, as [`Pseudonyms::fingerprint`] tells; none in one that was written before that was
    /// noted.
    pub(crate) key: Option<i64>,
}

impl Batch {
    /// The table of batches as it is now; none before the first run. It is what everything begins with, so whether the place
    /// answers at all is told here.
    pub(crate) async fn table(place: &Place) -> Result<Option<DeltaTableAt>, EtlError> {
        place.answers().await?;
        DeltaTableAt::open(place, NAME, None).await
    }

    /// The last batch that was committed, or an empty one numbered 0.
    pub(crate) async fn last(place: &Place) -> Result<Self, EtlError> {
        match Self::table(place).await? {
            Some(table) => Self::read(&table).await,
            None => Ok(Self::default()),
        }
    }

    /// Makes sure that the ids of this batch were hashed with this key, which the next ones are to be hashed with.
    ///
    /// # Errors
    /// [`EtlError::OtherKey`] when they were not.
    pub(crate) fn hashed_with(self, names: &Pseudonyms) -> Result<Self, EtlError> {
        let key = Some(names.fingerprint());
        if self.key.is_some() && self.key != key { Err(EtlError::OtherKey) } else { Ok(Self { key, ..self }) }
    }

    /// What the last batch says of a table.
    pub(crate) fn of(&self, table: &str) -> Option<&TableStatus> {
        self.tables.iter().find(|status| status.table == table)
    }

    /// Commits the batch after this one, unless it would name the same versions. Returns the number of the last batch.
    pub(crate) async fn advance(
        &self,
        place: &Place,
        tables: &[TableStatus],
        at: DateTime<Utc>,
    ) -> Result<i64, EtlError> {
        let versions = |tables: &[TableStatus]| -> Vec<_> {
            tables.iter().map(|table| (table.table.clone(), table.version)).collect()
        };
        if versions(&self.tables) == versions(tables) {
            return Ok(self.number);
        }
        self.commit(place, tables, at).await
    }

    /// Commits the batch after this one, and returns its number.
    ///
    /// # Errors
    /// [`EtlError::Conflict`] when another writer has committed one after this meanwhile: it names other versions.
    pub(crate) async fn commit(
        &self,
        place: &Place,
        tables: &[TableStatus],
        at: DateTime<Utc>,
    ) -> Result<i64, EtlError> {
        let number = self.number + 1;
        let table = DeltaTableAt::open_or_create(place, NAME, &schema()).await?;
        if table.watermark().await?.unwrap_or_default() != self.number {
            return Err(EtlError::Conflict { table: NAME });
        }
        let mut writer = table.writer(std::iter::empty())?;
        let rows = rows(number, tables, at).map_err(|cause| EtlError::Columns { table: NAME, cause })?;
        writer.write(rows).await.map_err(EtlError::table(NAME))?;
        let files = writer.flush().await.map_err(EtlError::table(NAME))?;
        // Of the rows in the other tables this tells the database; here, where they come from is the key.
        table.commit(files, Position { watermark: number, origin: self.key }).await?;
        Ok(number)
    }

    /// The last batch of this version of the table of batches.
    pub(crate) async fn read(table: &DeltaTableAt) -> Result<Self, EtlError> {
        let Some(number) = table.watermark().await? else { return Ok(Self::default()) };
        let session = session(std::slice::from_ref(table)).await?;
        // Rows of one batch are in the order they were written in.
        let sql = format!("SELECT * FROM {NAME} WHERE batch = {number} ORDER BY position");
        let batches = session.read(&sql).await?;
        let mut tables = Vec::new();
        for batch in &batches {
            for row in 0..batch.num_rows() {
                tables.push(TableStatus {
                    table: batch.column_by_name("table_name").map(|names| text(names, row)).unwrap_or_default(),
                    version: integer(batch, "version", row).and_then(|it| u64::try_from(it).ok()).unwrap_or_default(),
                    watermark: integer(batch, "watermark", row).unwrap_or_default(),
                    origin: integer(batch, "origin", row),
                });
            }
        }
        Ok(Self { number, tables, key: table.origin().await? })
    }
}

/// Text of a column, whichever of Arrow's layouts a scan chose.
pub(crate) fn text(column: &dyn Array, row: usize) -> String {
    match column.data_type() {
        DataType::Utf8View => column.as_string_view().value(row).to_owned(),
        _ => column.as_string_opt::<i32>().map(|column| column.value(row).to_owned()).unwrap_or_default(),
    }
}

/// A number of a batch; none where its table was written before it had such a column.
fn integer(batch: &RecordBatch, column: &str, row: usize) -> Option<i64> {
    let column = batch.column_by_name(column)?.as_primitive_opt::<Int64Type>()?;
    (!column.is_null(row)).then(|| column.value(row))
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("batch", DataType::Int64, false),
        Field::new("position", DataType::Int64, false),
        Field::new("table_name", DataType::Utf8, false),
        Field::new("version", DataType::Int64, false),
        Field::new("watermark", DataType::Int64, false),
        Field::new("committed_at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), false),
        Field::new("origin", DataType::Int64, true),
    ]))
}

fn rows(
    number: i64,
    tables: &[TableStatus],
    at: DateTime<Utc>,
) -> Result<RecordBatch, deltalake::arrow::error::ArrowError> {
    let count = tables.len();
    let versions = tables.iter().map(|table| i64::try_from(table.version).unwrap_or(i64::MAX));
    let at = TimestampMicrosecondArray::from_value(at.timestamp_micros(), count).with_timezone("UTC");
    RecordBatch::try_new(
        schema(),
        vec![
            Arc::new(Int64Array::from_value(number, count)),
            Arc::new(Int64Array::from_iter_values(0..i64::try_from(count).unwrap_or_default())),
            Arc::new(StringArray::from_iter_values(tables.iter().map(|table| &table.table))),
            Arc::new(Int64Array::from_iter_values(versions)),
            Arc::new(Int64Array::from_iter_values(tables.iter().map(|table| table.watermark))),
            Arc::new(at),
            Arc::new(tables.iter().map(|table| table.origin).collect::<Int64Array>()),
        ],
    )
}
