use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sea_orm::sqlx::pool::PoolOptions;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{Connection, Sqlite};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, Statement,
    TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use vocabulary::Secret;

use super::postgres::{Address, Primary};
use super::reader::{Reader, Source};

/// How long a statement waits for a connection, on SQLite for the writer before it, or on PostgreSQL for a primary.
pub(super) const ACQUIRE: Duration = Duration::from_secs(5);

/// Above this size a SQLite file is not read through at start: the second a start may take would be exceeded.
const CHECKED_BYTES: u64 = 64 * 1024 * 1024;

/// The advisory lock under which migrations run on PostgreSQL, so that instances that start together take turns.
const MIGRATION_LOCK: i64 = 0x6c65_6e64_6572_7901;

/// Where a service keeps its rows.
#[derive(Debug, Clone)]
pub struct DatabaseSettings {
    /// `sqlite:<path>` or `postgres://user:password@host/database`, where several hosts of which one is the primary stand
    /// in a list: `host1:5432,host2:5432`.
    pub url: Secret,
    /// Most connections to PostgreSQL, or most readers of SQLite, which always has one writer.
    pub max_connections: u32,
}

/// Why a database cannot be used, with what helps.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "the database address is not understood; it is sqlite:<path> or postgres://user:password@host/database, where \
         several hosts are host1:5432,host2:5432 and target_session_attrs, if it is there, is read-write"
    )]
    Address,
    #[error("the database file {} cannot be opened: {source}; check that the folder exists and is writable", path.display())]
    File { path: PathBuf, source: DbErr },
    #[error(
        "the database file {} cannot be written; make the file and its folder writable for the user that runs this, or \
         free the disk it is on from its read-only mount",
        path.display()
    )]
    ReadOnly { path: PathBuf },
    #[error("the database file {} is damaged ({reason}); restore it from a backup, or move it away to begin anew", path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error("the database at {place} does not answer: {source}")]
    Unreachable { place: String, source: DbErr },
    #[error(
        "the database {place} was made by a newer Lendery ({source}); start that version, or restore an older backup"
    )]
    Newer { place: String, source: DbErr },
    #[error("the database {place} could not be brought to this version: {source}")]
    Migration { place: String, source: DbErr },
}

/// An open database. Cheap to clone.
///
/// On SQLite there is one connection that writes and several that read, because SQLite has one writer at a time and
/// waiting in a pool is fairer than SQLite's busy loop. On PostgreSQL both are the same pool, of connections to the one
/// server that takes writes; when another is promoted, what is asked from then on is asked there.
#[derive(Debug, Clone)]
pub struct Db {
    read: Reader,
    write: Source,
    place: String,
    file: Option<PathBuf>,
}

impl Db {
    /// Opens the database, creating the file if it is SQLite, and brings it to the schema of `M`.
    ///
    /// # Errors
    /// See [`OpenError`]; each names the database and the remedy.
    pub async fn open<M: MigratorTrait>(settings: &DatabaseSettings) -> Result<Self, OpenError> {
        let db = match settings.url.expose().strip_prefix("sqlite:") {
            Some(address) => {
                let path = address.trim_start_matches("//").split('?').next().unwrap_or_default();
                Self::open_sqlite(Path::new(path), settings).await?
            }
            None => Self::open_postgres(settings).await?,
        };
        db.migrate::<M>().await?;
        Ok(db)
    }

    /// For statements that only read.
    pub fn read(&self) -> &Reader {
        &self.read
    }

    pub fn backend(&self) -> DbBackend {
        self.read.get_database_backend()
    }

    /// Begins a transaction that may write; on SQLite it takes the write lock at once (`BEGIN IMMEDIATE`), so that what
    /// it reads cannot change before it writes.
    ///
    /// A future that is dropped while it begins can lose later writes of its connection (sqlx issue 4393). So this is
    /// called only where nobody drops it: in handlers of mutations, which `http::router` never drops half way, and
    /// in background work.
    ///
    /// # Errors
    /// When no connection is free in time, or the database does not answer.
    pub async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        self.write.begin().await
    }

    /// Does in the background what can be done again, unless the server it is done at is lost first: one that hangs says
    /// nothing at all, and what nobody waits for would hang with it. Transactions that are dropped in the middle were on
    /// connections that are closed.
    ///
    /// # Errors
    /// Those of the work, or that there is no primary any more.
    pub fn while_it_lasts<'a, T: 'a, E: From<DbErr> + 'a>(
        &'a self,
        work: impl Future<Output = Result<T, E>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, E>> {
        let work: BoxFuture<'a, Result<T, E>> = Box::pin(work);
        match &self.write {
            Source::Sqlite(_) => work,
            Source::Postgres(primary) => Box::pin(primary.while_it_lasts(work)),
        }
    }

    /// Answers when the database does, for readiness.
    ///
    /// # Errors
    /// A sentence that says that it does not.
    pub async fn ping(&self) -> Result<(), String> {
        self.read.0.ping().await.map_err(|error| format!("the database {} does not answer: {error}", self.place))
    }

    /// Closes every connection; on SQLite this writes the log back into the file.
    ///
    /// # Errors
    /// When a connection was lost meanwhile.
    pub async fn close(self) -> Result<(), DbErr> {
        self.read.0.close().await?;
        self.write.close().await
    }

    async fn open_sqlite(path: &Path, settings: &DatabaseSettings) -> Result<Self, OpenError> {
        let connect = |connections: u32| {
            let mut options = ConnectOptions::new(format!("sqlite:{}", path.display()));
            options.max_connections(connections).acquire_timeout(ACQUIRE).sqlx_logging(false);
            options.map_sqlx_sqlite_opts(sqlite_options).map_sqlx_sqlite_pool_opts(between_transactions);
            Database::connect(without_reaper(options))
        };
        let failed = |source| OpenError::File { path: path.to_owned(), source };
        let write = connect(1).await.map_err(|source| damaged(path, &source).unwrap_or_else(|| failed(source)))?;
        check_sqlite(path, &write).await?;
        check_writable(path, &write).await?;
        let read = connect(settings.max_connections.max(1)).await.map_err(failed)?;
        let (read, write) = (Reader(Source::Sqlite(read)), Source::Sqlite(write));
        Ok(Self { read, write, place: path.display().to_string(), file: Some(path.to_owned()) })
    }

    async fn open_postgres(settings: &DatabaseSettings) -> Result<Self, OpenError> {
        let address = Address::parse(settings.url.expose()).ok_or(OpenError::Address)?;
        let place = address.place().to_owned();
        let primary = Primary::open(address, settings.max_connections.max(1)).await;
        let primary = primary.map_err(|source| OpenError::Unreachable { place: place.clone(), source })?;
        let source = Source::Postgres(Arc::new(primary));
        Ok(Self { read: Reader(source.clone()), write: source, place, file: None })
    }

    async fn migrate<M: MigratorTrait>(&self) -> Result<(), OpenError> {
        let failed = |source| self.migration_error(source);
        let write = self.write.current().await.map_err(failed)?;
        match self.backend() {
            DbBackend::Postgres => {
                // The lock is held by a transaction of its own and falls with it, whatever happens in between.
                let turn = write.begin().await.map_err(failed)?;
                let lock = Statement::from_sql_and_values(
                    DbBackend::Postgres,
                    "SELECT pg_advisory_xact_lock($1)",
                    [MIGRATION_LOCK.into()],
                );
                turn.execute_raw(lock).await.map_err(failed)?;
                M::up(&write, None).await.map_err(failed)?;
                turn.commit().await.map_err(failed)
            }
            _ => M::up(&write, None).await.map_err(failed),
        }
    }

    fn migration_error(&self, source: DbErr) -> OpenError {
        if let Some(error) = self.file.as_deref().and_then(|path| damaged(path, &source)) {
            return error;
        }
        let place = self.place.clone();
        // The wording of sea-orm-migration for an applied migration that this binary does not know.
        if source.to_string().contains("is missing, this migration has been applied") {
            return OpenError::Newer { place, source };
        }
        OpenError::Migration { place, source }
    }
}

/// Keeps connections for as long as they work. sqlx 0.9.0 counts idle connections below zero when one is returned while another
/// is taken; the task that closes idle and old ones then loops 2^64 times on a core, and no runtime with it ever ends (sqlx issue
/// 3645). Without these two limits there is no such task.
fn without_reaper(mut options: ConnectOptions) -> ConnectOptions {
    options.idle_timeout(None).max_lifetime(None);
    options
}

/// The settings of house: durable at every commit, readers beside the writer, references and triggers enforced.
fn sqlite_options(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("recursive_triggers", "ON")
        .busy_timeout(ACQUIRE)
}

/// Closes a connection that comes back inside a transaction, and opens a new one when it is needed.
///
/// A full disk, among others, makes SQLite roll back by itself (<https://sqlite.org/lang_transaction.html> §3.1). The
/// `ROLLBACK` that sqlx 0.9.0 sends then fails, and sqlx goes on to count one transaction too many: what it begins from
/// there are savepoints, and once one of them is rolled back no commit ends the transaction around them. Those writes
/// would be acknowledged, seen by nobody else, and lost with the connection.
fn between_transactions(options: PoolOptions<Sqlite>) -> PoolOptions<Sqlite> {
    options.after_release(|connection, _| {
        Box::pin(async move {
            // A dropped transaction only queues its rollback; the answer comes after it.
            connection.ping().await?;
            let usable = !connection.is_in_transaction();
            if !usable {
                tracing::warn!("a database connection is replaced: its transaction could not be ended");
            }
            Ok(usable)
        })
    })
}

/// Reads the file through, so that damage is found at the start and not by a member.
async fn check_sqlite(path: &Path, connection: &DatabaseConnection) -> Result<(), OpenError> {
    let large = std::fs::metadata(path).is_ok_and(|file| file.len() > CHECKED_BYTES);
    let check = if large { "PRAGMA schema_version" } else { "PRAGMA quick_check(1)" };
    let statement = Statement::from_string(DbBackend::Sqlite, check);
    let answer = connection.query_one_raw(statement).await.map_err(|source| {
        damaged(path, &source).unwrap_or_else(|| OpenError::File { path: path.to_owned(), source })
    })?;
    let verdict: Option<String> = answer.and_then(|row| row.try_get_by_index(0).ok());
    match verdict {
        Some(reason) if reason != "ok" => Err(OpenError::Damaged { path: path.to_owned(), reason }),
        _ => Ok(()),
    }
}

/// SQLite opens a file that it may not write for reading, and tells at the first write.
async fn check_writable(path: &Path, connection: &DatabaseConnection) -> Result<(), OpenError> {
    let attempt = connection.execute_unprepared("BEGIN IMMEDIATE; ROLLBACK").await;
    match attempt {
        Err(error) if error.to_string().contains("readonly database") => {
            Err(OpenError::ReadOnly { path: path.to_owned() })
        }
        Err(source) => Err(OpenError::File { path: path.to_owned(), source }),
        Ok(_) => Ok(()),
    }
}

/// The error as damage, if SQLite says that the file is no database (26) or malformed (11).
fn damaged(path: &Path, error: &DbErr) -> Option<OpenError> {
    let reason = error.to_string();
    let known = ["file is not a database", "database disk image is malformed"];
    let found = known.iter().find(|text| reason.contains(**text))?;
    Some(OpenError::Damaged { path: path.to_owned(), reason: (*found).to_owned() })
}
