//! What the operator is told: while a run works, when it is done, and afterwards.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::EtlError;

/// What a run is doing, told as it happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A table's changes, or the whole of it, are about to be read.
    Reading { table: &'static str },
    /// So many rows of the table have been read.
    Rows { table: &'static str, rows: u64 },
    /// The table's part of the run is committed, or nothing of it had changed.
    Table(TableReport),
    /// The tables' versions that belong together are committed; readers see them from now on.
    Batch { batch: i64 },
}

/// What one run did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = WarehouseRunReport)]
pub struct RunReport {
    pub tables: Vec<TableReport>,
    /// The number of the batch that readers see now.
    pub batch: i64,
    pub duration_ms: u64,
}

/// What maintenance came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maintained {
    /// The number of the batch that readers see now.
    pub batch: i64,
    /// Tables that were left for the time after the next run, because they hold more than the batch says.
    pub waiting: Vec<String>,
}

/// What one run did to one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = WarehouseTableReport)]
pub struct TableReport {
    /// The table's name in the warehouse.
    pub table: String,
    pub kind: LoadKind,
    /// Rows that were added to the warehouse, deletions not counted.
    pub rows: u64,
    /// Deletions that were added to the warehouse.
    pub deleted: u64,
    /// Up to where the source's changes are in the warehouse, not included: a transaction's number on PostgreSQL, a
    /// change's on SQLite.
    pub watermark: i64,
    /// Of which history the watermark is.
    #[serde(skip)]
    pub(crate) origin: Option<i64>,
    /// The table's version in Delta Lake.
    pub version: u64,
    /// Size of the files that were added.
    pub bytes: u64,
    pub duration_ms: u64,
}

/// How a table was brought up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WarehouseLoadKind)]
pub enum LoadKind {
    /// The whole table, for the first time.
    FirstLoad,
    /// Only what had changed.
    Changes,
    /// The whole table again: it was truncated or restored from a backup, changes were removed before they were read, or a column
    /// is new.
    Reload,
    /// Nothing had changed, so nothing was written.
    Unchanged,
}

/// The warehouse as it is now.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = WarehouseStatus)]
pub struct Status {
    /// The last runs, newest first.
    pub runs: Vec<Run>,
    /// The tables of the last batch.
    pub tables: Vec<TableStatus>,
    /// The last batch's number; none before the first run.
    pub batch: Option<i64>,
    /// The last comparisons with the sources, newest first.
    pub reconciliations: Vec<RecordedReconciliation>,
}

/// A recorded run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = WarehouseRun)]
pub struct Run {
    pub started_at: DateTime<Utc>,
    /// None while it runs, and for one that died.
    pub finished_at: Option<DateTime<Utc>>,
    pub outcome: Outcome,
    /// Why it failed.
    pub error: Option<String>,
    pub report: Option<RunReport>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WarehouseOutcome)]
pub enum Outcome {
    /// It has not ended; if its lease has, it died.
    Running,
    Succeeded,
    Failed,
}

/// A table of the last batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = WarehouseTable)]
pub struct TableStatus {
    pub table: String,
    pub version: u64,
    pub watermark: i64,
    #[serde(skip)]
    pub(crate) origin: Option<i64>,
}

/// The warehouse beside its sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = WarehouseReconciliation)]
pub struct Reconciliation {
    /// The batch that was compared.
    pub batch: i64,
    pub tables: Vec<TableComparison>,
}

impl Reconciliation {
    /// Whether no table differs. Those that could not be compared do not count.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.different().next().is_none()
    }

    /// The names of the tables that differ.
    pub(crate) fn different(&self) -> impl Iterator<Item = &str> {
        let different = self.tables.iter().filter(|table| table.verdict == Verdict::Different);
        different.map(|table| table.table.as_str())
    }
}

/// A comparison that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = WarehouseRecordedReconciliation)]
pub struct RecordedReconciliation {
    pub started_at: DateTime<Utc>,
    pub finished_at: DateTime<Utc>,
    pub outcome: Compared,
    /// Why it came to nothing.
    pub error: Option<String>,
    pub report: Option<Reconciliation>,
}

/// What a comparison of all tables came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WarehouseCompared)]
pub enum Compared {
    Equal,
    /// At least one table differs.
    Different,
    /// Something could not be read.
    Failed,
}

impl Compared {
    pub(crate) fn of(outcome: Result<&Reconciliation, &EtlError>) -> Self {
        match outcome {
            Ok(report) if report.is_equal() => Self::Equal,
            Ok(_) => Self::Different,
            Err(_) => Self::Failed,
        }
    }

    /// The word for it in records and metrics.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Different => "different",
            Self::Failed => "failed",
        }
    }
}

/// One table of a source beside what the warehouse holds of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = WarehouseTableComparison)]
pub struct TableComparison {
    /// The table's name in the warehouse.
    pub table: String,
    pub verdict: Verdict,
    /// Rows that were compared; erased members and keys that changed since the last run are left out on both sides.
    pub source_rows: u64,
    pub warehouse_rows: u64,
    /// The sum of the hashes of these rows, the same in any order, in hexadecimal digits.
    pub source_checksum: String,
    pub warehouse_checksum: String,
    /// Keys that changed since the last run.
    pub pending: u64,
    /// The first keys that differ, in the order of their names in the warehouse; at most 100.
    pub differences: Vec<KeyDifference>,
}

/// What a comparison came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WarehouseVerdict)]
pub enum Verdict {
    Equal,
    Different,
    /// The source was truncated or restored, or too much of it changed, since the last run, or its columns do not fit: another run
    /// makes them comparable, or says why it cannot.
    NotCompared,
}

/// A key that differs, as the warehouse calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = WarehouseKeyDifference)]
pub struct KeyDifference {
    pub key: String,
    pub what: Difference,
}

/// How a key differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WarehouseDifference)]
pub enum Difference {
    /// The source has it and the warehouse does not.
    Missing,
    /// The warehouse has it and the source does not.
    Surplus,
    /// Both have it, with other values.
    Changed,
}

/// The answer to a query.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = WarehouseAnswer)]
pub struct QueryResult {
    pub columns: Vec<String>,
    /// Numbers, booleans, nulls and text; times are RFC 3339 text.
    pub rows: Vec<Vec<Value>>,
    /// Whether there were more rows than are given.
    pub truncated: bool,
}

impl QueryResult {
    /// The answer as CSV (RFC 4180) with a header line; nulls are empty.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut text = csv_line(self.columns.iter().map(|column| csv_field(column)));
        for row in &self.rows {
            text.push_str(&csv_line(row.iter().map(|value| match value {
                Value::Null => String::new(),
                Value::String(text) => csv_field(text),
                other => other.to_string(),
            })));
        }
        text
    }
}

fn csv_line(fields: impl Iterator<Item = String>) -> String {
    let fields: Vec<_> = fields.collect();
    format!("{}\r\n", fields.join(","))
}

fn csv_field(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_would_break_a_line_of_csv_is_quoted() {
        let columns = vec!["name".to_owned(), "count".to_owned()];
        let rows = vec![vec![Value::from("a \"b\", c"), Value::from(3)], vec![Value::Null, Value::from(true)]];
        let result = QueryResult { columns, rows, truncated: false };
        assert_eq!(result.to_csv(), "name,count\r\n\"a \"\"b\"\", c\",3\r\n,true\r\n");
    }
}
