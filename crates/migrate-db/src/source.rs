use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use sqlx::error::DatabaseError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteLockingMode};
use sqlx::{ConnectOptions as _, Executor as _, SqliteConnection};

use crate::MoveError;
use crate::kind::hexadecimal;

/// How long another process may take to let go of the file.
const PATIENCE: Duration = Duration::from_secs(2);

/// A SQLite database that nobody else has open for as long as this value is there. It is read and not written to.
#[derive(Debug)]
pub struct Source {
    pub(crate) connection: SqliteConnection,
    path: PathBuf,
}

/// A table as SQLite has it.
#[derive(Debug)]
pub(crate) struct SourceTable {
    /// The columns that hold values of their own.
    pub(crate) columns: Vec<String>,
}

impl Source {
    /// Takes the database for this process alone.
    ///
    /// # Errors
    /// When there is none, it is no database, or another process has it open.
    pub async fn open(path: &Path) -> Result<Self, MoveError> {
        if !path.is_file() {
            return Err(MoveError::NoFile { path: path.to_owned() });
        }
        // In WAL mode everybody who has the file open holds a lock that this one does not go with, whether they write or not.
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(false)
            .locking_mode(SqliteLockingMode::Exclusive)
            .busy_timeout(PATIENCE)
            .disable_statement_logging();
        let refused = |error| refused(path, error);
        let mut connection = options.connect().await.map_err(refused)?;
        connection.execute("BEGIN EXCLUSIVE").await.map_err(refused)?;
        Ok(Self { connection, path: path.to_owned() })
    }

    /// Whether there is a table of this name, which tells the services' databases apart.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn has_table(&mut self, name: &str) -> Result<bool, MoveError> {
        Ok(self.tables().await?.contains_key(name))
    }

    /// The migrations that have been applied.
    pub(crate) async fn migrations(&mut self) -> Result<Vec<String>, MoveError> {
        self.strings("SELECT version FROM seaql_migrations ORDER BY version").await
    }

    /// Names the database and the state it is in: when its tables were made, and how far its counters have come.
    pub(crate) async fn fingerprint(&mut self) -> Result<String, MoveError> {
        let made = "SELECT concat_ws('/', version, applied_at) FROM seaql_migrations ORDER BY version";
        let counted = "SELECT concat_ws('/', name, seq) FROM sqlite_sequence ORDER BY name";
        let mut hash = Sha256::new();
        for sql in [made, counted] {
            for line in self.strings(sql).await? {
                hash.update(line);
                hash.update("\n");
            }
        }
        Ok(hexadecimal(&hash.finalize()))
    }

    /// Every table that people and services write to, by name: neither indexes that look like tables nor those of SQLite itself.
    pub(crate) async fn tables(&mut self) -> Result<BTreeMap<String, SourceTable>, MoveError> {
        let sql = "SELECT t.name, c.name FROM pragma_table_list t JOIN pragma_table_xinfo(t.name) c
                   WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite~_%' ESCAPE '~' AND c.hidden = 0
                   ORDER BY t.name, c.cid";
        let rows: Vec<(String, String)> =
            sqlx::query_as(sql).fetch_all(&mut self.connection).await.map_err(self.failed())?;
        let mut tables = BTreeMap::<String, SourceTable>::new();
        for (table, column) in rows {
            tables.entry(table).or_insert_with(|| SourceTable { columns: Vec::new() }).columns.push(column);
        }
        Ok(tables)
    }

    /// The number that a table's counter gave last: of rows that are gone, too.
    pub(crate) async fn last_number(&mut self, table: &str) -> Result<Option<i64>, MoveError> {
        let sql = "SELECT seq FROM sqlite_sequence WHERE name = $1";
        sqlx::query_scalar(sql).bind(table).fetch_optional(&mut self.connection).await.map_err(self.failed())
    }

    pub(crate) fn failed(&self) -> impl Fn(sqlx::Error) -> MoveError + use<> {
        let path = self.path.clone();
        move |source| MoveError::Source { path: path.clone(), source }
    }

    async fn strings(&mut self, sql: &'static str) -> Result<Vec<String>, MoveError> {
        sqlx::query_scalar(sql).fetch_all(&mut self.connection).await.map_err(self.failed())
    }
}

/// What SQLite means (<https://sqlite.org/rescode.html>).
fn refused(path: &Path, source: sqlx::Error) -> MoveError {
    let path = path.to_owned();
    let code = source.as_database_error().and_then(DatabaseError::code).and_then(|code| code.parse::<u32>().ok());
    // The lower byte is the result, the rest says more of it.
    match code.map(|code| code & 0xff) {
        Some(5 | 6) => MoveError::InUse { path },
        Some(11 | 26) => MoveError::NotADatabase { path },
        _ => MoveError::Source { path, source },
    }
}
