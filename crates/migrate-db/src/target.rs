use std::str::FromStr;

use sqlx::error::DatabaseError;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection};

use crate::catalog::{self, Table};
use crate::progress;
use crate::{MoveError, Settings};

/// Under which services bring their database to a new version, one at a time: who holds it holds them up.
const MIGRATION_LOCK: i64 = 0x6c65_6e64_6572_7901;

/// How often connections that have just been closed are waited for, a tenth of a second each: the server notices a little later.
const MOMENTS: u32 = 30;

/// The database of PostgreSQL that is filled.
#[derive(Debug)]
pub struct Target {
    pub(crate) connection: PgConnection,
    place: String,
}

/// What a database is, seen as the target of a move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nobody has put anything into it; it may have the tables already.
    Empty,
    /// A move has begun or is over.
    Begun,
}

impl Target {
    /// Connects to `postgres://user:password@host/database`.
    ///
    /// # Errors
    /// When nobody answers there, or the user, the password or the database is not accepted.
    pub async fn connect(url: &str) -> Result<Self, MoveError> {
        let is_postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
        let options = PgConnectOptions::from_str(url).ok().filter(|_| is_postgres).ok_or(MoveError::Address)?;
        let database = options.get_database().unwrap_or(options.get_username()).to_owned();
        let place = format!("{}:{}/{database}", options.get_host(), options.get_port());
        let connection =
            options.disable_statement_logging().connect().await.map_err(|source| refused(&place, source))?;
        Ok(Self { connection, place })
    }

    /// Looks at what is there.
    ///
    /// # Errors
    /// When it has rows that are of no move: nothing is added to what others have put there.
    pub async fn state(&mut self, settings: &Settings<'_>) -> Result<State, MoveError> {
        let failed = self.failed();
        if progress::of(&mut self.connection).await.map_err(&failed)?.is_some() {
            return Ok(State::Begun);
        }
        let mut filled = Vec::new();
        for table in self.tables().await?.iter().filter(|table| !settings.makes_itself(&table.name)) {
            let sql = format!("SELECT EXISTS (SELECT 1 FROM \"{}\")", table.name);
            if sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut self.connection).await.map_err(&failed)? {
                filled.push(table.name.clone());
            }
        }
        if filled.is_empty() {
            return Ok(State::Empty);
        }
        Err(MoveError::HasRows { place: self.place.clone(), tables: filled.join(", ") })
    }

    /// Closes the connection.
    pub async fn close(self) {
        // What is not told to the server it notices by itself.
        let _ = sqlx::Connection::close(self.connection).await;
    }

    /// Keeps services that start, and other moves, waiting until this connection ends.
    pub(crate) async fn hold(&mut self) -> Result<(), MoveError> {
        let failed = self.failed();
        let lock = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(MIGRATION_LOCK);
        if !lock.fetch_one(&mut self.connection).await.map_err(&failed)? {
            return Err(self.busy("another move or a service that starts is at work on it"));
        }
        let mut others = self.others().await.map_err(&failed)?;
        for _ in 0..MOMENTS {
            if others == 0 {
                break;
            }
            sqlx::query("SELECT pg_sleep(0.1)").execute(&mut self.connection).await.map_err(&failed)?;
            others = self.others().await.map_err(&failed)?;
        }
        if others > 0 {
            return Err(
                self.busy(&format!("its user has {others} other connections, such as those of a running service"))
            );
        }
        Ok(())
    }

    async fn others(&mut self) -> Result<i64, sqlx::Error> {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user
                   AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
        sqlx::query_scalar(sql).fetch_one(&mut self.connection).await
    }

    pub(crate) async fn tables(&mut self) -> Result<Vec<Table>, MoveError> {
        let failed = self.failed();
        catalog::tables(&mut self.connection).await.map_err(failed)
    }

    pub(crate) fn place(&self) -> String {
        self.place.clone()
    }

    pub(crate) fn failed(&self) -> impl Fn(sqlx::Error) -> MoveError + use<> {
        let place = self.place.clone();
        move |source| MoveError::Target { place: place.clone(), source }
    }

    fn busy(&self, why: &str) -> MoveError {
        MoveError::Busy { place: self.place.clone(), why: why.to_owned() }
    }
}

/// What PostgreSQL means (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
fn refused(place: &str, source: sqlx::Error) -> MoveError {
    let place = place.to_owned();
    let code = source.as_database_error().and_then(DatabaseError::code).map(|code| code.to_string());
    match code.as_deref() {
        Some("28P01" | "28000") => MoveError::Password { place },
        Some("3D000") => MoveError::NoDatabase { place },
        _ => MoveError::Unreachable { place, source },
    }
}
