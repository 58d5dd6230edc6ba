//! PostgreSQL: many writers, whose changes become visible in another order than they were numbered. A run reads the
//! half-open interval of transactions `[since, watermark)`, the watermark being the oldest one still running when the
//! snapshot was taken (`pg_snapshot_xmin`): below it everything has ended, so nothing can be added there any more.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection, SqlSafeStr as _};

use super::copied::{CopiedRow, PlainRow};
use super::happened::{Images, Told};
use super::{MOST_PENDING, ReadError, Rows, Sink, in_time, next};
use crate::source::{Column, Kind, Table};

/// Whether a change was made here. A dump brings those of another cluster, whose transactions may only be to come here, and
/// would be read as news then; but what has put them here (`xmin`) is older than they say that they are.
const OF_THIS_CLUSTER: &str = "age(xmin) <= age(tx::xid)";

/// One REPEATABLE READ transaction, which also sees one state of all tables.
#[derive(Debug)]
pub(crate) struct Snapshot {
    connection: PgConnection,
    pub(super) watermark: i64,
}

impl Snapshot {
    pub(super) async fn open(options: &PgConnectOptions) -> Result<Self, sqlx::Error> {
        let options = options.clone().application_name("lendery-etl").disable_statement_logging();
        let mut connection = options.connect().await?;
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        // Rows that a policy hides would look like rows that are gone; so it is an error that names the policy.
        connection.execute("SET LOCAL row_security = off").await?;
        let sql = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint";
        let watermark = sqlx::query_scalar(sql).fetch_one(&mut connection).await?;
        // Its absence is an error even when no table asks for changes.
        connection.execute("SELECT 1 FROM etl_change LIMIT 1").await?;
        Ok(Self { connection, watermark })
    }

    pub(super) async fn columns(&mut self, table: &Table) -> Result<Vec<(String, String)>, sqlx::Error> {
        let sql = "SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type_name FROM pg_attribute
                   WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped";
        sqlx::query_as(sql).bind(table.name).fetch_all(&mut self.connection).await
    }

    /// A statement that fails would end the transaction, and with it the snapshot, were it not for a savepoint.
    pub(super) async fn enter(&mut self) -> Result<(), sqlx::Error> {
        self.connection.execute("SAVEPOINT a_table").await.map(drop)
    }

    pub(super) async fn leave(&mut self) -> Result<(), sqlx::Error> {
        self.connection.execute("ROLLBACK TO SAVEPOINT a_table").await.map(drop)
    }

    pub(super) async fn held_up_for(&mut self) -> Result<Option<f64>, sqlx::Error> {
        // Transactions of all databases of the server hold the ceiling.
        let sql =
            "SELECT CASE WHEN pg_snapshot_xmin(pg_current_snapshot()) < pg_snapshot_xmax(pg_current_snapshot()) THEN
                       (SELECT coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0)::float8
                        FROM pg_stat_activity WHERE backend_xid IS NOT NULL) END";
        sqlx::query_scalar(sql).fetch_one(&mut self.connection).await
    }

    /// What has happened since then, by table, in one look at the changes.
    pub(super) async fn happened(&mut self, since: i64) -> Result<Vec<Told>, sqlx::Error> {
        let below = format!("tx < '{}'::xid8", self.watermark);
        let sql = format!(
            "SELECT tbl, bool_or({below}), bool_or({below} AND op = 'T'),
                bool_or({below} AND op IN ('I', 'U') AND image IS NULL),
                bool_or(op = 'M' AND tx > '{since}'::xid8)
             FROM etl_change WHERE tx >= '{since}'::xid8 AND {OF_THIS_CLUSTER} GROUP BY tbl"
        );
        sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut self.connection).await
    }

    /// The cluster, its timeline, which a recovery to an earlier moment leaves, the database, which a dump makes anew, and the
    /// last transaction below the watermark that changed something: a disk that was put back to an earlier moment has another one there, or none.
    pub(super) async fn origin(&mut self, watermark: i64) -> Result<String, sqlx::Error> {
        let sql = "SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
                       CASE WHEN pg_is_in_recovery() THEN (SELECT upper(to_hex(timeline_id)) FROM pg_control_checkpoint())
                           ELSE ltrim(left(pg_walfile_name(pg_current_wal_lsn()), 8), '0') END,
                       (SELECT oid FROM pg_database WHERE datname = current_database()),
                       (SELECT concat_ws('/', tx, min(seq), min(pk)) FROM etl_change
                        WHERE tx = (SELECT max(tx) FROM etl_change WHERE tx < $1::text::xid8 AND op <> 'M') GROUP BY tx))";
        sqlx::query_scalar(sql).bind(watermark.to_string()).fetch_one(&mut self.connection).await
    }

    /// Whether there is a mark of a day from before.
    pub(super) async fn is_marked_before(&mut self, since: i64) -> Result<bool, sqlx::Error> {
        let sql = format!(
            "SELECT EXISTS (SELECT FROM etl_change WHERE tx <= '{since}'::xid8 AND op = 'M' AND {OF_THIS_CLUSTER})"
        );
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut self.connection).await
    }

    /// The keys that changed since `since`, and whether the table was truncated.
    pub(super) async fn pending(&mut self, table: &Table, since: i64) -> Result<(Vec<String>, bool), sqlx::Error> {
        let changes =
            format!("FROM etl_change WHERE tbl = '{}' AND tx >= '{since}'::xid8 AND {OF_THIS_CLUSTER}", table.name);
        let keys = format!("SELECT DISTINCT pk {changes} AND op <> 'T' LIMIT {}", MOST_PENDING + 1);
        let keys = sqlx::query_scalar(AssertSqlSafe(keys));
        let keys = keys.fetch_all(&mut self.connection).await?;
        let truncated = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) > 0 {changes} AND op = 'T'")));
        Ok((keys, truncated.fetch_one(&mut self.connection).await?))
    }

    pub(super) async fn read(
        &mut self,
        table: &'static Table,
        (rows, images): (Rows, Images),
        sink: &mut (impl Sink + Send),
        patience: Duration,
    ) -> Result<(), ReadError> {
        // Changes are few and found by key. The planner, which knows no statistics of a table that is always growing at
        // its end, would otherwise read the whole table for them now and then.
        let whole = rows == Rows::All && !in_time(patience, self.is_ahead(table)).await?;
        let (sql, joins) = match rows {
            Rows::All if whole => (plain(table), "on"),
            Rows::All => (all(table, self.watermark), "on"),
            Rows::ChangedSince(since) => (changed(table, &self.interval(since), images), "off"),
        };
        let joins = format!("SET LOCAL enable_hashjoin = {joins}; SET LOCAL enable_mergejoin = {joins}");
        in_time(patience, self.connection.execute(AssertSqlSafe(joins))).await?;
        // What cannot be planned is told here: a copy that never begins leaves sqlx waiting for an answer it has had.
        in_time(patience, self.connection.prepare(AssertSqlSafe(sql.clone()).into_sql_str())).await?;
        let copy = format!("COPY ({sql}) TO STDOUT (FORMAT binary)");
        let mut messages = in_time(patience, self.connection.copy_out_raw(&copy)).await?;
        let mut row = CopiedRow::default();
        while let Some(message) = next(&mut messages, patience).await? {
            let appended = row.read(&message).map_err(ReadError::from).and_then(|is_row| {
                Ok(is_row && if whole { sink.append(&PlainRow(&row))? } else { sink.append(&row)? })
            });
            let kept = match appended {
                Ok(false) => continue,
                Ok(true) => sink.write().await.map_err(ReadError::from),
                Err(error) => Err(error),
            };
            if let Err(error) = kept {
                // The rest of the copy would be taken for the answers to what is asked next.
                while next(&mut messages, patience).await?.is_some() {}
                return Err(error);
            }
            // Where bytes are always there, nothing else makes room for the lease, or for whoever wants this to stop.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Whether a change of the table that the next run reads is in this snapshot already.
    async fn is_ahead(&mut self, table: &Table) -> Result<bool, sqlx::Error> {
        let sql = format!("SELECT EXISTS (SELECT FROM etl_change WHERE {})", ahead(table, self.watermark));
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut self.connection).await
    }

    /// The numbers are the warehouse's own, so nothing foreign is in the text; as constants they use the index.
    fn interval(&self, since: i64) -> String {
        format!("tx >= '{since}'::xid8 AND tx < '{}'::xid8 AND {OF_THIS_CLUSTER}", self.watermark)
    }
}

/// The columns of the allow-list alone: where no change is ahead, all else would be the same in every row. Only text has several
/// types, and numbers are read as wide as they are.
fn plain(table: &Table) -> String {
    let column = |column: &Column| if column.kind == Kind::Text { cast(column) } else { column.name.to_owned() };
    let columns: Vec<_> = table.columns.iter().map(column).collect();
    format!("SELECT {} FROM {}", columns.join(", "), table.name)
}

/// A change that began at the watermark or later but is in the snapshot will be read again by the next run. So that its older
/// images do not count as news then, a row says up to which change it is known.
fn all(table: &Table, watermark: i64) -> String {
    let Table { name, key, .. } = table;
    let pk = sql_type(table.key_kind());
    let columns: Vec<_> = table.columns.iter().map(|column| format!("t.{}", cast(column))).collect();
    format!(
        "WITH ahead AS MATERIALIZED (SELECT pk::{pk} AS pk, max(seq) AS seq FROM etl_change WHERE {} GROUP BY 1)
        SELECT 'S', t.{key}::{pk}, coalesce(a.seq, 0::bigint), {} FROM {name} t LEFT JOIN ahead a ON a.pk = t.{key}",
        ahead(table, watermark),
        columns.join(", ")
    )
}

/// Which changes began at the watermark or later.
fn ahead(table: &Table, watermark: i64) -> String {
    format!("tbl = '{}' AND tx >= '{watermark}'::xid8 AND op <> 'T' AND {OF_THIS_CLUSTER}", table.name)
}

/// Every change that left an image, every deletion, and the last change of each key. In the order of their keys, rows that are looked
/// up are mostly beside each other.
fn changed(table: &Table, interval: &str, images: Images) -> String {
    let Table { name, key, .. } = table;
    let pk = sql_type(table.key_kind());
    // Windows sort by key anyway; without them it is asked for.
    let (last, inserted, order) = match images {
        Images::OfAll => ("true", "false", "ORDER BY 1"),
        Images::OfSome => (
            "row_number() OVER (PARTITION BY pk ORDER BY seq DESC) = 1",
            "bool_or(op = 'I') OVER (PARTITION BY pk)",
            "",
        ),
    };
    format!(
        "WITH changed AS MATERIALIZED (
            SELECT pk::{pk} AS pk, seq, op, image, {last} AS last, {inserted} AS inserted
            FROM etl_change WHERE tbl = '{name}' AND {interval} AND op <> 'T' {order}
        )
        SELECT CASE WHEN c.op = 'D' OR c.image IS NOT NULL THEN c.op WHEN t.{key} IS NULL THEN 'D'
            WHEN c.inserted THEN 'I' ELSE 'U' END, c.pk, c.seq, {}
        FROM changed c LEFT JOIN {name} t ON t.{key} = c.pk AND c.op <> 'D'
        WHERE c.last OR c.op = 'D' OR c.image IS NOT NULL",
        table.columns.iter().map(imaged).collect::<Vec<_>>().join(", ")
    )
}

/// A column as the change left it if its image says so, otherwise as it is now.
fn imaged(column: &Column) -> String {
    let Column { name, kind } = column;
    let image = sql_type(*kind);
    format!("CASE WHEN c.image ? '{name}' THEN (c.image ->> '{name}')::{image} ELSE t.{} END", cast(column))
}

/// A column in the one type of its kind, whichever the service chose.
fn cast(column: &Column) -> String {
    format!("{}::{}", column.name, sql_type(column.kind))
}

fn sql_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Pseudonym => "uuid",
        Kind::Text => "text",
        Kind::Integer => "bigint",
        Kind::TimestampMicros => "timestamptz",
    }
}
