use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, Connection, Executor as _};

use crate::catalog::{self, Table};
use crate::rows::Shared;
use crate::source::Source;
use crate::target::Target;
use crate::{MoveError, progress};

/// Tables of sea-orm-migration, which each side has of its own.
const OF_MIGRATIONS: &str = "seaql_migrations";

/// What a move has to know of the service whose database it is.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// Tables into which a service puts rows at its first start: what they have in the target is replaced.
    pub made_at_start: &'a [&'a str],
    /// Tables that stay behind, because what they hold is true of the source alone.
    pub left_behind: &'a [&'a str],
    /// Rows in one transaction.
    pub batch_rows: i64,
}

impl Settings<'_> {
    /// Whether rows of this table say nothing of whether somebody uses the database.
    pub(crate) fn makes_itself(&self, table: &str) -> bool {
        self.made_at_start.contains(&table) || self.is_left(table)
    }

    fn is_left(&self, table: &str) -> bool {
        self.left_behind.contains(&table) || table == OF_MIGRATIONS || progress::OWN.contains(&table)
    }
}

/// How a move is getting on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// All rows of the table are there.
    Copied { table: String, rows: i64 },
    /// Both sides have the same.
    Verified { table: String, rows: i64 },
}

/// How a move ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// Every row is there and was compared.
    Now,
    /// It had been finished before, and nothing was done.
    Before,
}

/// Moves every row into a database that has the tables, tells how it is getting on, and compares both at the end.
///
/// A move that was cut short, be it by SIGKILL or a lost server, goes on with the first batch that is not there.
///
/// # Errors
/// See [`MoveError`]. No service starts on the target before a move has ended well.
pub async fn transfer(
    source: &mut Source,
    target: &mut Target,
    settings: &Settings<'_>,
    told: &mut (dyn FnMut(Step) + Send),
) -> Result<Moved, MoveError> {
    target.hold().await?;
    let failed = target.failed();
    let fingerprint = source.fingerprint().await?;
    let tables = target.tables().await?;
    match progress::of(&mut target.connection).await.map_err(&failed)? {
        Some((begun, _)) if begun != fingerprint => return Err(MoveError::OtherMove { place: target.place() }),
        Some((_, true)) => return Ok(Moved::Before),
        Some(_) => same_version(source, target).await?,
        None => {
            same_version(source, target).await?;
            let replaced = settings.made_at_start.iter().map(|&name| name.to_owned());
            let replaced: Vec<_> = replaced.filter(|name| tables.iter().any(|table| table.name == *name)).collect();
            progress::begin(&mut target.connection, &fingerprint, &replaced).await.map_err(&failed)?;
        }
    }
    let sequences: Vec<String> =
        sqlx::query_scalar(catalog::FREE_SEQUENCES).fetch_all(&mut target.connection).await.map_err(&failed)?;
    let shared = shared(source, tables, settings, &sequences).await?;
    let positions = progress::positions(&mut target.connection).await.map_err(&failed)?;
    for table in &shared {
        let name = &table.table.name;
        let position = positions.get(name).copied().unwrap_or_default();
        let position = table.copy(source, target, settings, position).await?;
        told(Step::Copied { table: name.clone(), rows: position.copied });
    }
    for table in &shared {
        told(verified(table, source, target).await?);
    }
    finish(source, target, &shared, &sequences).await?;
    Ok(Moved::Now)
}

/// Refuses a source whose tables are not those of the target, which this program has made.
async fn same_version(source: &mut Source, target: &mut Target) -> Result<(), MoveError> {
    let sql = "SELECT version FROM seaql_migrations WHERE version <> $1";
    let known = sqlx::query_scalar(sql).bind(progress::MARK).fetch_all(&mut target.connection).await;
    let known: BTreeSet<String> = known.map_err(target.failed())?.into_iter().collect();
    let applied: BTreeSet<String> = source.migrations().await?.into_iter().collect();
    if let Some(migration) = applied.difference(&known).next() {
        return Err(MoveError::NewerSource { migration: migration.clone() });
    }
    match known.difference(&applied).next() {
        Some(migration) => Err(MoveError::OlderSource { migration: migration.clone() }),
        None => Ok(()),
    }
}

/// The tables that are moved, in the order in which that is possible; each column of either side has its place on the other, or
/// fills itself.
async fn shared(
    source: &mut Source,
    tables: Vec<Table>,
    settings: &Settings<'_>,
    sequences: &[String],
) -> Result<Vec<Shared>, MoveError> {
    let mut there = source.tables().await?;
    there.retain(|name, _| !settings.is_left(name) && !sequences.contains(name));
    let mut shared = Vec::new();
    let lost = |what: String| MoveError::Schema { what };
    for table in tables.into_iter().filter(|table| !settings.is_left(&table.name)) {
        let mut columns = Vec::new();
        let found = there.remove(&table.name).ok_or_else(|| lost(table.name.clone()))?;
        for column in &table.columns {
            let place = || format!("{}.{}", table.name, column.name);
            match (found.columns.contains(&column.name), column.kind) {
                (true, Some(kind)) => columns.push((column.clone(), kind)),
                (false, _) if column.fills_itself => {}
                _ => return Err(lost(place())),
            }
        }
        let is_moved = |name: &&String| !columns.iter().any(|(column, _)| column.name == **name);
        if let Some(name) = found.columns.iter().find(is_moved) {
            return Err(lost(format!("{}.{name}", table.name)));
        }
        shared.push(Shared { table, columns });
    }
    match there.into_keys().next() {
        Some(table) => Err(lost(table)),
        None => Ok(shared),
    }
}

async fn verified(table: &Shared, source: &mut Source, target: &mut Target) -> Result<Step, MoveError> {
    let here = table.source_checksum(source).await?;
    let there = table.target_checksum(&mut target.connection).await.map_err(target.failed())?;
    let name = table.table.name.clone();
    if here != there {
        return Err(MoveError::Different { table: name, source_rows: here.rows, target_rows: there.rows });
    }
    Ok(Step::Verified { table: name, rows: here.rows })
}

/// Has every counter go on where the source's stopped, and lets services have the database.
async fn finish(
    source: &mut Source,
    target: &mut Target,
    shared: &[Shared],
    sequences: &[String],
) -> Result<(), MoveError> {
    let mut counters = Vec::new();
    for table in shared {
        for (column, _) in &table.columns {
            if let (Some(sequence), Some(last)) = (&column.sequence, source.last_number(&table.table.name).await?) {
                counters.push((sequence.clone(), last));
            }
        }
    }
    for sequence in sequences {
        let sql = format!("SELECT last FROM \"{sequence}\"");
        let last = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_optional(&mut source.connection).await;
        counters.extend(last.map_err(source.failed())?.map(|last| (sequence.clone(), last)));
    }
    let failed = target.failed();
    let mut tx = target.connection.begin().await.map_err(&failed)?;
    // A counter that has given nothing yet starts as it is.
    for (sequence, last) in counters.into_iter().filter(|(_, last)| *last > 0) {
        let set = sqlx::query("SELECT setval($1::regclass, $2)").bind(sequence).bind(last);
        tx.execute(set).await.map_err(&failed)?;
    }
    progress::finish(&mut tx).await.map_err(&failed)?;
    tx.commit().await.map_err(&failed)
}
