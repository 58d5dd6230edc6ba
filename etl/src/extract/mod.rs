//! Reading a source: one snapshot of its database for a whole run, lossless on both databases.

mod copied;
mod happened;
mod postgres;
mod row;
mod sqlite;

pub(crate) use row::{FIRST_COLUMN, KEY, SourceRow};

use std::collections::HashSet;
use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use futures_util::{FutureExt as _, Stream, TryStreamExt as _};
use sha2::{Digest as _, Sha256};

use self::happened::{Images, Since};
use crate::EtlError;
use crate::address::Address;
use crate::delta::Key;
use crate::pseudonym::Pseudonyms;
use crate::source::{Kind, Source, Table};

/// How long a source may take until its first answers, at most. One that is silent would hold up the others, and the lease.
const OPENING: Duration = Duration::from_secs(10);

/// A source's database at one moment.
#[derive(Debug)]
pub(crate) struct Snapshot {
    database: Database,
    /// How long it may be silent.
    patience: Duration,
    /// Watermarks and what [`Snapshot::origin`] has found of them: most tables ask of the same two.
    origins: Vec<(i64, i64)>,
    /// And of [`Snapshot::since`].
    since: Vec<(i64, Since)>,
}

#[derive(Debug)]
enum Database {
    Sqlite(sqlite::Snapshot),
    Postgres(postgres::Snapshot),
}

/// What has changed in a table since a watermark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Changed {
    Nothing,
    /// Some rows.
    Rows,
    /// The table was truncated, changes were removed before they were read, or the database is older than the watermark: only
    /// the whole table tells what is left.
    Everything,
}

/// Keys that changed and are held in memory, at most.
const MOST_PENDING: usize = 1_000_000;

/// PostgreSQL's types whose values are text, or have one spelling alone.
const OF_TEXT: [&str; 4] = ["text", "character", "name", "uuid"];

/// A column that a source has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) name: String,
    /// As PostgreSQL writes it; on SQLite, whose columns take every type, nothing.
    pub(crate) type_name: String,
}

impl Found {
    /// Whether what is in the column can be kept as this kind without being changed.
    pub(crate) fn holds(&self, kind: Kind) -> bool {
        let name = self.type_name.as_str();
        name.is_empty()
            || match kind {
                Kind::Integer => matches!(name, "smallint" | "integer" | "bigint"),
                // There may be a precision in its middle.
                Kind::TimestampMicros => name.starts_with("timestamp") && name.ends_with(" with time zone"),
                Kind::Pseudonym => name == "uuid",
                Kind::Text => OF_TEXT.iter().any(|of_text| name.starts_with(of_text)) && !name.ends_with("[]"),
            }
    }
}

/// Which rows to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    /// The whole table.
    All,
    /// Every change since this watermark whose image was kept, and the last one of every key: with the row as it is now
    /// where there is no image, and with the key alone if it was deleted.
    ChangedSince(i64),
}

/// What of a table the warehouse does not have yet.
#[derive(Debug)]
pub(crate) enum Pending {
    Keys(HashSet<Key>),
    /// More than are counted, or as [`Changed::Everything`].
    Everything,
}

/// Where rows go.
pub(crate) trait Sink {
    /// Adds a row; whether it is time to [`Sink::write`].
    fn append(&mut self, row: &impl SourceRow) -> Result<bool, EtlError>;

    /// Passes the rows on that were added since the last time.
    fn write(&mut self) -> impl Future<Output = Result<(), EtlError>> + Send;
}

/// How a row came to be read, as the raw tables keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    /// Found when the whole table was read.
    Snapshot,
    Insert,
    Update,
    Delete,
}

impl Op {
    pub(crate) fn letter(self) -> &'static str {
        match self {
            Self::Snapshot => "S",
            Self::Insert => "I",
            Self::Update => "U",
            Self::Delete => "D",
        }
    }

    /// Unknown letters cannot come: the statements below give no others.
    fn of_letter(letter: &str) -> Self {
        match letter {
            "S" => Self::Snapshot,
            "I" => Self::Insert,
            "D" => Self::Delete,
            _ => Self::Update,
        }
    }
}

impl Snapshot {
    /// A snapshot that is given up when the source is silent for longer than `patience`.
    pub(crate) async fn open(source: Source, address: &Address, patience: Duration) -> Result<Self, EtlError> {
        let opening = async {
            match address {
                Address::Sqlite(path) => sqlite::Snapshot::open(path).await.map(Database::Sqlite),
                Address::Postgres(options) => postgres::Snapshot::open(options).await.map(Database::Postgres),
            }
        };
        let database = answer(source, patience.min(OPENING), opening).await?;
        Ok(Self { database, patience, origins: Vec::new(), since: Vec::new() })
    }

    /// Every change below it is in this snapshot, and none will be added below it later.
    pub(crate) fn watermark(&self) -> i64 {
        match &self.database {
            Database::Sqlite(snapshot) => snapshot.watermark,
            Database::Postgres(snapshot) => snapshot.watermark,
        }
    }

    /// A number that tells the history up to `watermark` from that of another database, or of the same one before it was
    /// restored: where numbers start over, a watermark alone means nothing.
    pub(crate) async fn origin(&mut self, source: Source, watermark: i64) -> Result<i64, EtlError> {
        if let Some((_, origin)) = self.origins.iter().find(|(known, _)| *known == watermark) {
            return Ok(*origin);
        }
        let found = async {
            match &mut self.database {
                Database::Sqlite(snapshot) => snapshot.origin(watermark).await,
                Database::Postgres(snapshot) => snapshot.origin(watermark).await,
            }
        };
        let text = answer(source, self.patience, found).await?;
        let hash = <[u8; 32]>::from(Sha256::digest(text));
        let origin = hash[..8].iter().fold(0, |number, byte| number << 8 | i64::from(*byte)) & i64::MAX;
        self.origins.push((watermark, origin));
        Ok(origin)
    }

    /// What has happened since a watermark.
    async fn since(&mut self, source: Source, since: i64) -> Result<&Since, EtlError> {
        if let Some(at) = self.since.iter().position(|(known, _)| *known == since) {
            return Ok(&self.since[at].1);
        }
        let found = async {
            let mut found = Since::of(match &mut self.database {
                Database::Sqlite(snapshot) => snapshot.happened(since).await?,
                Database::Postgres(snapshot) => snapshot.happened(since).await?,
            });
            found.is_trimmed = found.may_be_trimmed()
                && !match &mut self.database {
                    Database::Sqlite(snapshot) => snapshot.is_marked_before(since).await?,
                    Database::Postgres(snapshot) => snapshot.is_marked_before(since).await?,
                };
            Ok(found)
        };
        let found = answer(source, self.patience, found).await?;
        self.since.push((since, found));
        Ok(&self.since[self.since.len() - 1].1)
    }

    /// What has changed in `table` since the watermark `since`.
    pub(crate) async fn changed(&mut self, source: Source, table: &Table, since: i64) -> Result<Changed, EtlError> {
        if self.watermark() < since {
            return Ok(Changed::Everything);
        }
        Ok(self.since(source, since).await?.changed(table))
    }

    /// The columns the table has; none if there is no such table.
    pub(crate) async fn columns(&mut self, source: Source, table: &Table) -> Result<Vec<Found>, EtlError> {
        let found = async {
            match &mut self.database {
                Database::Sqlite(snapshot) => snapshot.columns(table).await,
                Database::Postgres(snapshot) => snapshot.columns(table).await,
            }
        };
        let columns = answer(source, self.patience, found).await?;
        Ok(columns.into_iter().map(|(name, type_name)| Found { name, type_name }).collect())
    }

    /// Marks where reading a table begins, so that [`Snapshot::leave`] can end it in the middle.
    pub(crate) async fn enter(&mut self, source: Source) -> Result<(), EtlError> {
        match &mut self.database {
            Database::Sqlite(_) => Ok(()),
            Database::Postgres(snapshot) => answer(source, self.patience, snapshot.enter()).await,
        }
    }

    /// Makes the snapshot readable again after reading a table has failed.
    pub(crate) async fn leave(&mut self, source: Source) -> Result<(), EtlError> {
        match &mut self.database {
            Database::Sqlite(_) => Ok(()),
            Database::Postgres(snapshot) => answer(source, self.patience, snapshot.leave()).await,
        }
    }

    /// Whether a transaction keeps the watermark down, and for how long the server says it has been open, in seconds: 0 where
    /// it does not say. On SQLite nothing does.
    pub(crate) async fn held_up_for(&mut self, source: Source) -> Result<Option<f64>, EtlError> {
        match &mut self.database {
            Database::Sqlite(_) => Ok(None),
            Database::Postgres(snapshot) => answer(source, self.patience, snapshot.held_up_for()).await,
        }
    }

    /// Which keys of a table have changed since the watermark `since`, whether or not the next run will read it already.
    pub(crate) async fn pending(
        &mut self,
        source: Source,
        table: &'static Table,
        since: i64,
        names: &Pseudonyms,
    ) -> Result<Pending, EtlError> {
        if self.watermark() < since || self.since(source, since).await?.is_trimmed {
            return Ok(Pending::Everything);
        }
        let found = async {
            match &mut self.database {
                Database::Sqlite(snapshot) => snapshot.pending(table, since).await,
                Database::Postgres(snapshot) => snapshot.pending(table, since).await,
            }
        };
        let (keys, truncated) = answer(source, self.patience, found).await?;
        if truncated || keys.len() > MOST_PENDING {
            return Ok(Pending::Everything);
        }
        let key = |text: &String| match table.key_kind() {
            Kind::Integer => text.parse().map(Key::Number).map_err(|error| wrong_key(table, error)),
            _ => text.parse().map(|id| Key::Hash(names.of(id))).map_err(|error: uuid::Error| wrong_key(table, error)),
        };
        Ok(Pending::Keys(keys.iter().map(key).collect::<Result<_, EtlError>>()?))
    }

    /// Reads rows into `sink`, a batch at a time.
    pub(crate) async fn read(
        &mut self,
        source: Source,
        table: &'static Table,
        rows: Rows,
        sink: &mut (impl Sink + Send),
    ) -> Result<(), EtlError> {
        let images = match rows {
            Rows::ChangedSince(since) => self.since(source, since).await?.images(table),
            Rows::All => Images::OfSome,
        };
        let (patience, what) = (self.patience, (rows, images));
        let read = match &mut self.database {
            Database::Sqlite(snapshot) => snapshot.read(table, what, sink, patience).await,
            Database::Postgres(snapshot) => snapshot.read(table, what, sink, patience).await,
        };
        read.map_err(|error| match error {
            ReadError::Source(cause) => misfit(source, table, &cause).unwrap_or_else(|| failure(source, cause)),
            ReadError::Etl(error) => error,
        })
    }
}

/// Why reading rows ended.
#[derive(Debug)]
enum ReadError {
    Source(sqlx::Error),
    /// Keeping what was read failed.
    Etl(EtlError),
}

impl From<sqlx::Error> for ReadError {
    fn from(error: sqlx::Error) -> Self {
        Self::Source(error)
    }
}

impl From<EtlError> for ReadError {
    fn from(error: EtlError) -> Self {
        Self::Etl(error)
    }
}

/// What a source answers, if it does in time.
async fn answer<T>(
    source: Source,
    patience: Duration,
    asked: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, EtlError> {
    in_time(patience, asked).await.map_err(|cause| failure(source, cause))
}

async fn in_time<T>(patience: Duration, asked: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    let answered = tokio::time::timeout(patience, asked).await;
    answered.unwrap_or_else(|_elapsed| {
        let reason = format!("it has not answered for {} s", patience.as_secs());
        Err(sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, reason)))
    })
}

/// The next row, if it comes in time. Most are there already and cost no timer.
async fn next<R>(
    rows: &mut (impl Stream<Item = Result<R, sqlx::Error>> + Unpin),
    patience: Duration,
) -> Result<Option<R>, sqlx::Error> {
    match rows.try_next().now_or_never() {
        Some(row) => row,
        None => in_time(patience, rows.try_next()).await,
    }
}

/// A change whose key is not of the key's type, as no trigger writes it.
fn wrong_key(table: &'static Table, reason: impl Display) -> EtlError {
    EtlError::Value {
        table: table.name,
        column: table.key,
        reason: format!("its changes name a key that is none: {reason}"),
    }
}

/// A value that PostgreSQL could not cast: a data exception (class 22), or types between which there is no cast (42846).
fn misfit(source: Source, table: &'static Table, cause: &sqlx::Error) -> Option<EtlError> {
    let code = cause.as_database_error()?.code()?.into_owned();
    let is_misfit = code.len() == 5 && (code.starts_with("22") || code == "42846");
    is_misfit.then_some(EtlError::Misfit { name: source.name, table: table.name, code })
}

/// The failure of a source with its remedy. PostgreSQL's `undefined_table` is 42P01.
fn failure(source: Source, cause: sqlx::Error) -> EtlError {
    let name = source.name;
    let is_missing = cause
        .as_database_error()
        .is_some_and(|error| error.code().as_deref() == Some("42P01") || error.message().contains("no such table"));
    if is_missing { EtlError::NoChangeTable { name } } else { EtlError::Source { name, cause: Box::new(cause) } }
}
