use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::pool::PoolOptions;
use sqlx::postgres::Postgres;
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Database, FromRow, PgPool, SqlitePool};
use tokio::time::Instant;

use crate::EtlError;
use crate::address::Address;

/// How long a statement waits for the database.
const ACQUIRE: Duration = Duration::from_secs(5);

/// How often one that could not wait looks again.
const LOOK: Duration = Duration::from_millis(20);

/// How long a statement takes at most, with the wait.
const ANSWER: Duration = Duration::from_secs(15);

/// Serialises the creation of tables by instances that start together.
const CREATE_LOCK: i64 = 0x6c65_6e64_6572_7902;

/// The one set of statements on either database; both take `$1`.
#[derive(Debug, Clone)]
pub(super) enum Store {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// A value for a statement.
#[derive(Debug, Clone)]
pub(super) enum Bind {
    Text(String),
    NoText,
    Number(i64),
}

impl<T: AsRef<str> + ?Sized> From<&T> for Bind {
    fn from(text: &T) -> Self {
        Self::Text(text.as_ref().to_owned())
    }
}

impl From<DateTime<Utc>> for Bind {
    fn from(time: DateTime<Utc>) -> Self {
        Self::Number(time.timestamp_micros())
    }
}

impl Store {
    /// Connects with the first statement.
    pub(super) fn connect(address: &Address) -> Self {
        match address {
            Address::Sqlite(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(ACQUIRE);
                Self::Sqlite(pool().connect_lazy_with(options))
            }
            Address::Postgres(options) => Self::Postgres(pool().connect_lazy_with((**options).clone())),
        }
    }

    /// Reads the file through before its tables are made: it is small, and damage is told best by name and at the start.
    pub(super) async fn open_file(&self, path: &Path, tables: &'static [&'static str]) -> Result<(), EtlError> {
        let damaged = |reason: String| EtlError::RunsFile { path: path.to_owned(), reason };
        let unusable = |error: EtlError| {
            if is_of_damage(&error) {
                damaged(error.root())
            } else {
                EtlError::RunsUnusable { path: path.to_owned(), reason: error.root() }
            }
        };
        let check = async || -> Result<Vec<(String,)>, _> { self.rows("PRAGMA quick_check(1)", &[]).await };
        let (mut checked, until) = (check().await, Instant::now() + ACQUIRE);
        // Of instances that start together one makes it a file with a write-ahead log, and for that SQLite lets nobody wait.
        while checked.as_ref().is_err_and(is_of_use) && Instant::now() < until {
            tokio::time::sleep(LOOK).await;
            checked = check().await;
        }
        match checked.map_err(unusable)?.pop() {
            Some((verdict,)) if verdict != "ok" => Err(damaged(verdict)),
            _ => self.create(tables).await.map_err(unusable),
        }
    }

    pub(super) async fn create(&self, tables: &'static [&'static str]) -> Result<(), EtlError> {
        match self {
            Self::Sqlite(_) => {
                for table in tables {
                    self.execute(table, &[]).await?;
                }
                Ok(())
            }
            Self::Postgres(pool) => in_time(create_in_turn(pool.clone(), tables)).await,
        }
    }

    /// How many rows were changed.
    pub(super) async fn execute(&self, sql: &'static str, binds: &[Bind]) -> Result<u64, EtlError> {
        in_time(async {
            match self {
                Self::Sqlite(pool) => sqlite(sql, binds).execute(pool).await.map(|done| done.rows_affected()),
                Self::Postgres(pool) => postgres(sql, binds).execute(pool).await.map(|done| done.rows_affected()),
            }
        })
        .await
    }

    pub(super) async fn rows<R>(&self, sql: &'static str, binds: &[Bind]) -> Result<Vec<R>, EtlError>
    where
        R: for<'r> FromRow<'r, sqlx::sqlite::SqliteRow> + for<'r> FromRow<'r, sqlx::postgres::PgRow>,
    {
        in_time(async {
            match self {
                Self::Sqlite(pool) => sqlite(sql, binds).fetch_all(pool).await?.iter().map(R::from_row).collect(),
                Self::Postgres(pool) => postgres(sql, binds).fetch_all(pool).await?.iter().map(R::from_row).collect(),
            }
        })
        .await
    }
}

/// A lease that waits for an answer for longer than this is not renewed in time.
async fn in_time<T>(asked: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, EtlError> {
    let answered = tokio::time::timeout(ANSWER, asked).await;
    answered.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(EtlError::runs)
}

/// Without limits on the age of connections: the task of sqlx 0.9.0 that watches them can spin for ever (sqlx issue 3645).
fn pool<DB: Database>() -> PoolOptions<DB> {
    PoolOptions::new().max_connections(2).acquire_timeout(ACQUIRE).idle_timeout(None).max_lifetime(None)
}

/// Whether SQLite says that the file is none of its own, or damaged (`SQLITE_CORRUPT`, `SQLITE_NOTADB`).
fn is_of_damage(error: &EtlError) -> bool {
    matches!(code(error), Some(11 | 26))
}

/// Whether SQLite says that somebody else is at the file (`SQLITE_BUSY`).
fn is_of_use(error: &EtlError) -> bool {
    code(error) == Some(5)
}

/// What SQLite gave as a reason: the low byte of its extended code.
fn code(error: &EtlError) -> Option<u32> {
    let EtlError::Runs { cause } = error else { return None };
    let code = cause.as_database_error().and_then(sqlx::error::DatabaseError::code)?;
    code.parse::<u32>().ok().map(|code| code & 0xff)
}

/// On a connection of its own: what keeps a pool from having one, it does not tell.
async fn create_in_turn(pool: PgPool, tables: &'static [&'static str]) -> Result<(), sqlx::Error> {
    let mut connection = pool.connect_options().connect().await?;
    let mut turn = connection.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(CREATE_LOCK).execute(&mut *turn).await?;
    for table in tables {
        sqlx::query(*table).execute(&mut *turn).await?;
    }
    turn.commit().await
}

fn sqlite(sql: &'static str, binds: &[Bind]) -> Query<'static, Sqlite, sqlx::sqlite::SqliteArguments> {
    binds.iter().cloned().fold(sqlx::query(sql), |query, bind| match bind {
        Bind::Text(text) => query.bind(text),
        Bind::NoText => query.bind(None::<String>),
        Bind::Number(number) => query.bind(number),
    })
}

fn postgres(sql: &'static str, binds: &[Bind]) -> Query<'static, Postgres, sqlx::postgres::PgArguments> {
    binds.iter().cloned().fold(sqlx::query(sql), |query, bind| match bind {
        Bind::Text(text) => query.bind(text),
        Bind::NoText => query.bind(None::<String>),
        Bind::Number(number) => query.bind(number),
    })
}
