//! SQLite: one writer, so changes are numbered in the order of their commits and the number is the watermark. The
//! database is opened for reading only, and in WAL mode a read transaction holds nobody up.

use std::io;
use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, SqliteConnection};

use super::happened::{Images, Told};
use super::{MOST_PENDING, ReadError, Rows, Sink, next};
use crate::source::{Column, Kind, Table};

/// How long a read waits while a service recovers its database after a crash.
const BUSY: Duration = Duration::from_secs(5);

/// One read transaction.
#[derive(Debug)]
pub(crate) struct Snapshot {
    connection: SqliteConnection,
    pub(super) watermark: i64,
}

impl Snapshot {
    pub(super) async fn open(path: &Path) -> Result<Self, sqlx::Error> {
        // SQLite's own words for it name no file.
        if !path.exists() {
            return Err(io::Error::new(io::ErrorKind::NotFound, format!("there is no file {}", path.display())).into());
        }
        let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY);
        let mut connection = options.disable_statement_logging().connect().await?;
        connection.execute("BEGIN").await?;
        // The largest number ever given, also if its row is gone. The other table makes its absence an error.
        let sql = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'etl_change'), 0) + 1
                   FROM (SELECT count(*) FROM (SELECT 1 FROM etl_change LIMIT 1))";
        let watermark = sqlx::query_scalar(sql).fetch_one(&mut connection).await?;
        Ok(Self { connection, watermark })
    }

    pub(super) async fn columns(&mut self, table: &Table) -> Result<Vec<(String, String)>, sqlx::Error> {
        let sql = "SELECT name, '' AS type_name FROM pragma_table_xinfo($1)";
        sqlx::query_as(sql).bind(table.name).fetch_all(&mut self.connection).await
    }

    /// What has happened since then, by table, in one look at the changes.
    pub(super) async fn happened(&mut self, since: i64) -> Result<Vec<Told>, sqlx::Error> {
        let sql = "SELECT tbl, max(seq < $2), max(seq < $2 AND op = 'T'),
                max(seq < $2 AND op IN ('I', 'U') AND image IS NULL),
                max(op = 'M' AND seq > $1)
            FROM etl_change WHERE seq >= $1 GROUP BY tbl";
        sqlx::query_as(sql).bind(since).bind(self.watermark).fetch_all(&mut self.connection).await
    }

    /// The last changes below the watermark: a file that was put back to an earlier state has others there, or none. One alone may be
    /// the same again, such as a deletion.
    pub(super) async fn origin(&mut self, watermark: i64) -> Result<String, sqlx::Error> {
        let sql = "SELECT group_concat(change, x'0a') FROM (
                       SELECT concat_ws('/', seq, tbl, pk, op, image) AS change FROM etl_change WHERE seq < $1 AND op <> 'M'
                       ORDER BY seq DESC LIMIT 20)";
        let change: Option<String> = sqlx::query_scalar(sql).bind(watermark).fetch_one(&mut self.connection).await?;
        Ok(change.unwrap_or_default())
    }

    /// Whether there is a mark of a day from before.
    pub(super) async fn is_marked_before(&mut self, since: i64) -> Result<bool, sqlx::Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM etl_change WHERE seq <= $1 AND op = 'M')";
        sqlx::query_scalar(sql).bind(since).fetch_one(&mut self.connection).await
    }

    /// The keys that changed since `since`, and whether the table was truncated.
    pub(super) async fn pending(&mut self, table: &Table, since: i64) -> Result<(Vec<String>, bool), sqlx::Error> {
        let sql = "SELECT DISTINCT pk FROM etl_change WHERE tbl = $1 AND seq >= $2 AND op <> 'T' LIMIT $3";
        let most = i64::try_from(MOST_PENDING).unwrap_or(i64::MAX).saturating_add(1);
        let keys =
            sqlx::query_scalar(sql).bind(table.name).bind(since).bind(most).fetch_all(&mut self.connection).await?;
        let sql = "SELECT count(*) > 0 FROM etl_change WHERE tbl = $1 AND seq >= $2 AND op = 'T'";
        let truncated = sqlx::query_scalar(sql).bind(table.name).bind(since).fetch_one(&mut self.connection).await?;
        Ok((keys, truncated))
    }

    pub(super) async fn read(
        &mut self,
        table: &'static Table,
        (rows, images): (Rows, Images),
        sink: &mut (impl Sink + Send),
        patience: Duration,
    ) -> Result<(), ReadError> {
        let sql = match rows {
            Rows::All => all(table),
            Rows::ChangedSince(since) => changed_since(table, (since, self.watermark), images),
        };
        let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(&mut self.connection);
        while let Some(row) = next(&mut rows, patience).await? {
            if sink.append(&row)? {
                sink.write().await?;
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }
}

fn all(table: &Table) -> String {
    format!("SELECT 'S', t.{}, 0, {} FROM {} t", table.key, columns(table), table.name)
}

/// Every change that left an image, every deletion, and the last change of each key. The numbers are the warehouse's own and
/// the names are this crate's, so nothing foreign is in the text.
fn changed_since(table: &Table, (since, until): (i64, i64), images: Images) -> String {
    let Table { name, key, .. } = table;
    let pk = match table.key_kind() {
        Kind::Integer => "CAST(pk AS integer)",
        _ => "unhex(replace(pk, '-', ''))",
    };
    let (last, inserted) = match images {
        Images::OfAll => ("1", "0"),
        Images::OfSome => {
            ("row_number() OVER (PARTITION BY pk ORDER BY seq DESC) = 1", "max(op = 'I') OVER (PARTITION BY pk)")
        }
    };
    format!(
        "WITH changed AS MATERIALIZED (
            SELECT {pk} AS pk, seq, op, image, {last} AS last, {inserted} AS inserted
            FROM etl_change WHERE tbl = '{name}' AND seq >= {since} AND seq < {until} AND op <> 'T'
        )
        SELECT CASE WHEN c.op <> 'U' OR c.image IS NOT NULL THEN c.op WHEN t.{key} IS NULL THEN 'D'
            WHEN c.inserted THEN 'I' ELSE 'U' END, c.pk, c.seq, {}
        FROM changed c LEFT JOIN {name} t ON t.{key} = c.pk AND c.op <> 'D'
        WHERE c.last OR c.op = 'D' OR c.image IS NOT NULL",
        table.columns.iter().map(imaged).collect::<Vec<_>>().join(", ")
    )
}

/// A column as the change left it if its image says so, otherwise as it is now.
fn imaged(column: &Column) -> String {
    let Column { name, kind } = column;
    let value = format!("json_extract(c.image, '$.{name}')");
    let value = if *kind == Kind::Pseudonym { format!("unhex(replace({value}, '-', ''))") } else { value };
    // A null in the image has a type as well; what the image does not hold has none.
    format!("CASE WHEN json_type(c.image, '$.{name}') IS NOT NULL THEN {value} ELSE t.{name} END")
}

fn columns(table: &Table) -> String {
    let columns: Vec<_> = table.columns.iter().map(|column| format!("t.{}", column.name)).collect();
    columns.join(", ")
}
