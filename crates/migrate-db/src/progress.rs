use std::collections::BTreeMap;

use sqlx::{Connection, Executor, PgConnection};

/// What a move notes in the database that it fills: of which source, and how far each table has come.
///
/// While it is unfinished, the list of migrations names one that no program has, so that a service takes the database for one that
/// is newer than itself and does not start on it.
const BEGIN: &str = "
    CREATE TABLE migrate_db_source (source text NOT NULL, finished boolean NOT NULL);
    CREATE TABLE migrate_db_progress (tbl text PRIMARY KEY, last_row bigint NOT NULL, copied bigint NOT NULL);";

/// The migration that is none. Services print it, so it says what to do.
pub(crate) const MARK: &str = "unfinished: run lendery migrate-db again";

/// The tables of this module.
pub(crate) const OWN: [&str; 2] = ["migrate_db_source", "migrate_db_progress"];

/// How far a table has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Position {
    /// The `rowid` of the last row that is there.
    pub(crate) last_row: i64,
    pub(crate) copied: i64,
}

/// The source of the move that this database holds, and whether it is finished.
pub(crate) async fn of(connection: &mut PgConnection) -> Result<Option<(String, bool)>, sqlx::Error> {
    let there = "SELECT to_regclass('public.migrate_db_source') IS NOT NULL";
    if !sqlx::query_scalar::<_, bool>(there).fetch_one(&mut *connection).await? {
        return Ok(None);
    }
    sqlx::query_as("SELECT source, finished FROM migrate_db_source").fetch_optional(connection).await
}

/// Begins a move, and empties the tables of which a service fills some at its first start.
pub(crate) async fn begin(connection: &mut PgConnection, source: &str, replaced: &[String]) -> Result<(), sqlx::Error> {
    let mut tx = connection.begin().await?;
    tx.execute(BEGIN).await?;
    sqlx::query("INSERT INTO migrate_db_source VALUES ($1, false)").bind(source).execute(&mut *tx).await?;
    sqlx::query("INSERT INTO seaql_migrations (version, applied_at) VALUES ($1, 0)")
        .bind(MARK)
        .execute(&mut *tx)
        .await?;
    for table in replaced {
        tx.execute(sqlx::AssertSqlSafe(format!("DELETE FROM \"{table}\""))).await?;
    }
    tx.commit().await
}

/// How far each table has come.
pub(crate) async fn positions(connection: &mut PgConnection) -> Result<BTreeMap<String, Position>, sqlx::Error> {
    let rows: Vec<(String, i64, i64)> =
        sqlx::query_as("SELECT tbl, last_row, copied FROM migrate_db_progress").fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(table, last_row, copied)| (table, Position { last_row, copied })).collect())
}

/// Notes how far a table has come, in the transaction of its rows.
pub(crate) async fn note(tx: &mut PgConnection, table: &str, position: Position) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO migrate_db_progress VALUES ($1, $2, $3)
               ON CONFLICT (tbl) DO UPDATE SET last_row = excluded.last_row, copied = excluded.copied";
    let note = sqlx::query(sql).bind(table).bind(position.last_row).bind(position.copied);
    note.execute(tx).await.map(drop)
}

/// Lets services have the database.
pub(crate) async fn finish(tx: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM seaql_migrations WHERE version = $1").bind(MARK).execute(&mut *tx).await?;
    tx.execute("DROP TABLE migrate_db_progress; UPDATE migrate_db_source SET finished = true").await.map(drop)
}
