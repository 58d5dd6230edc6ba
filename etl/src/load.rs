//! One table's part of a run.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use deltalake::DeltaTableError;
use futures_util::TryStreamExt;
use tokio::time::Instant;

use crate::batch::{Batch, text};
use crate::delta::{Appender, Batches, DeltaTableAt, Load, Position, schema};
use crate::extract::{Changed, Found, Rows, Snapshot};
use crate::meters::Meters;
use crate::place::Place;
use crate::pseudonym::{Pseudonym, Pseudonyms};
use crate::query::session;
use crate::report::{LoadKind, TableReport};
use crate::runs::Runs;
use crate::source::{Source, Table};
use crate::warehouse::OnProgress;
use crate::{EtlError, Progress};

/// Under which names the columns are kept that each table was last read with.
pub(crate) const COLUMNS: &str = "columns/";

/// What the tables of one run have in common.
pub(crate) struct Run<'a> {
    pub(crate) place: &'a Place,
    pub(crate) names: &'a Pseudonyms,
    pub(crate) last: &'a Batch,
    pub(crate) at: DateTime<Utc>,
    pub(crate) progress: OnProgress<'a>,
    pub(crate) meters: &'a Meters,
    pub(crate) runs: &'a Runs,
    /// The columns that each table was last read with, by its name.
    pub(crate) known: &'a HashMap<String, String>,
    /// Members who were erased, and of whom nothing is to be said any more.
    pub(crate) erased: Arc<HashSet<Pseudonym>>,
}

impl Run<'_> {
    /// Brings one table up to the snapshot.
    pub(crate) async fn load(
        &self,
        source: Source,
        table: &'static Table,
        snapshot: &mut Snapshot,
    ) -> Result<TableReport, EtlError> {
        let started = Instant::now();
        (self.progress)(Progress::Reading { table: table.raw });
        let found = snapshot.columns(source, table).await?;
        self.meters.unknown_columns(table, unknown(table, &found).len());
        agree(source, table, &found)?;
        let target = DeltaTableAt::open_or_create(self.place, table.raw, &schema(table)).await?;
        let (kind, parts) = self.what_to_read(source, table, snapshot, &target).await?;
        let watermark = snapshot.watermark();
        let origin = Some(snapshot.origin(source, watermark).await?);
        let mut report = TableReport {
            table: table.raw.to_owned(),
            kind,
            rows: 0,
            deleted: 0,
            watermark,
            origin,
            version: target.version(),
            bytes: 0,
            duration_ms: 0,
        };
        let mut opened = Some(target);
        for rows in parts {
            match self.add(source, table, snapshot, &mut opened, rows, &mut report).await {
                // A value that was mended is still in the change that brought it. The rows as they are now may be in order.
                Err(error) if error.is_of_value() && rows != Rows::All => {
                    tracing::warn!(table = table.raw, %error, "its changes cannot be read, so all of its rows are");
                    snapshot.leave(source).await?;
                    report.kind = LoadKind::Reload;
                    self.add(source, table, snapshot, &mut opened, Rows::All, &mut report).await?;
                    break;
                }
                added => added?,
            }
        }
        self.keep_columns(table).await?;
        report.duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.meters.loaded(&report);
        (self.progress)(Progress::Table(report.clone()));
        Ok(report)
    }

    /// Reads rows and commits them, and adds what came of it to the report. A table that is `opened` is taken; otherwise it is
    /// opened as the last commit left it.
    async fn add(
        &self,
        source: Source,
        table: &'static Table,
        snapshot: &mut Snapshot,
        opened: &mut Option<DeltaTableAt>,
        rows: Rows,
        report: &mut TableReport,
    ) -> Result<(), EtlError> {
        let target = match opened.take() {
            Some(target) => target,
            None => DeltaTableAt::open_or_create(self.place, table.raw, &schema(table)).await?,
        };
        let position = Position { watermark: report.watermark, origin: report.origin };
        let mut appender = self.appender(table, &target, position)?;
        let is_again = report.kind == LoadKind::Reload && rows == Rows::All;
        if is_again {
            appender.remember_keys();
        }
        snapshot.read(source, table, rows, &mut appender).await?;
        if is_again {
            appender.have_read_all();
            delete_what_is_gone(table, &target, &mut appender).await?;
        }
        let appended = appender.commit().await?;
        report.rows += appended.rows;
        report.deleted += appended.deleted;
        report.bytes += appended.bytes;
        report.version = appended.version;
        Ok(())
    }

    fn appender<'t>(
        &'t self,
        table: &'static Table,
        target: &'t DeltaTableAt,
        position: Position,
    ) -> Result<Appender<'t>, EtlError> {
        let load = Load { number: target.next_version(), watermark: position.watermark, at: self.at };
        let batches = Batches::new(table, load, self.names, Arc::clone(&self.erased));
        Appender::new(table, target, position, batches, self.progress)
    }

    /// Whether the rows that the warehouse has lack something that only the source knows: columns that were added to the
    /// allow-list since, or, where the database of runs is new, who was erased.
    fn is_to_be_read_anew(&self, table: &Table) -> bool {
        match self.known.get(table.raw) {
            Some(known) => table.columns.iter().any(|column| !known.split(' ').any(|name| name == column.name)),
            None => table.members.contains(&table.key),
        }
    }

    async fn keep_columns(&self, table: &Table) -> Result<(), EtlError> {
        let columns = table.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(" ");
        if self.known.get(table.raw) == Some(&columns) {
            return Ok(());
        }
        self.runs.keep(&format!("{COLUMNS}{}", table.raw), &columns).await
    }

    async fn what_to_read(
        &self,
        source: Source,
        table: &Table,
        snapshot: &mut Snapshot,
        target: &DeltaTableAt,
    ) -> Result<(LoadKind, Vec<Rows>), EtlError> {
        let Some(watermark) = target.watermark().await? else {
            return Ok((LoadKind::FirstLoad, vec![Rows::All]));
        };
        let Position { watermark: since, origin } = self.last_seen(table, target, watermark).await?;
        // Another history than the one that was read, whatever its numbers are.
        let is_other = origin.is_some() && origin != Some(snapshot.origin(source, since).await?);
        if is_other {
            return Ok((LoadKind::Reload, vec![Rows::All]));
        }
        Ok(match (snapshot.changed(source, table, since).await?, self.is_to_be_read_anew(table)) {
            (Changed::Nothing, false) => (LoadKind::Unchanged, Vec::new()),
            (Changed::Rows, false) => (LoadKind::Changes, vec![Rows::ChangedSince(since)]),
            // What happened until now is told before the rows are read as they are now.
            (Changed::Rows, true) => (LoadKind::Reload, vec![Rows::ChangedSince(since), Rows::All]),
            (Changed::Everything, _) | (Changed::Nothing, true) => (LoadKind::Reload, vec![Rows::All]),
        })
    }

    /// Where the last run stopped. A table that had not changed has no commit of that run, but the batch remembers how far
    /// it was looked through; without that a quiet table beside a busy one would be looked through from its last change.
    async fn last_seen(&self, table: &Table, target: &DeltaTableAt, watermark: i64) -> Result<Position, EtlError> {
        let of_batch = self.last.of(table.raw).filter(|last| last.version == target.version());
        Ok(match of_batch {
            Some(last) if last.watermark > watermark => Position { watermark: last.watermark, origin: last.origin },
            _ => Position { watermark, origin: target.origin().await? },
        })
    }
}

/// The columns of the source of which nobody has decided anything; they are left out.
fn unknown<'a>(table: &Table, found: &'a [Found]) -> Vec<&'a str> {
    let is_known =
        |name: &str| table.columns.iter().any(|column| column.name == name) || table.withheld.contains(&name);
    found.iter().map(|found| found.name.as_str()).filter(|name| !is_known(name)).collect()
}

/// Whether a source has what the warehouse reads of a table. What it has beyond that is warned of.
///
/// # Errors
/// When the table lacks a column of the allow-list, or has one of a type that would have to be changed.
pub(crate) fn agree(source: Source, table: &'static Table, found: &[Found]) -> Result<(), EtlError> {
    if found.is_empty() {
        return Err(EtlError::NoTable { name: source.name, table: table.name });
    }
    let unknown = unknown(table, found);
    let missing: Vec<_> = table
        .columns
        .iter()
        .map(|column| column.name)
        .filter(|name| !found.iter().any(|found| found.name == *name))
        .collect();
    if !unknown.is_empty() {
        let (name, table, columns) = (source.name, table.name, unknown.join(", "));
        tracing::warn!(source = name, table, columns, "the table has columns nobody has decided on; they are left out");
    }
    for column in table.columns {
        let other = found.iter().find(|found| found.name == column.name && !found.holds(column.kind));
        if let Some(Found { type_name, .. }) = other {
            let (name, table, column) = (source.name, table.name, column.name);
            return Err(EtlError::OtherType { name, table, column, found: type_name.clone() });
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let others = if unknown.is_empty() { String::new() } else { format!(" (it has {} instead)", unknown.join(", ")) };
    Err(EtlError::OldSchema {
        name: source.name,
        table: table.name,
        missing: format!("{}{others}", missing.join(", ")),
    })
}

/// Adds a deletion for every key that is not in the source any more.
async fn delete_what_is_gone(
    table: &Table,
    target: &DeltaTableAt,
    appender: &mut Appender<'_>,
) -> Result<(), EtlError> {
    let key = table.key;
    let sql = format!(
        "SELECT CAST({key} AS VARCHAR) FROM (
            SELECT {key}, op, row_number() OVER (PARTITION BY {key} ORDER BY load DESC, change_seq DESC) AS newest FROM {}
        ) WHERE newest = 1 AND op <> 'D'",
        target.name()
    );
    // A file that is damaged is a failure of this table, and of no other.
    let of_table = |error: EtlError| match error {
        EtlError::Unreadable { cause } => EtlError::table(target.name())(DeltaTableError::from(*cause)),
        error => error,
    };
    let session = session(std::slice::from_ref(target)).await?;
    let mut batches = session.stream(&sql).await.map_err(of_table)?;
    while let Some(batch) = batches.try_next().await.map_err(|error| of_table(EtlError::unreadable(error)))? {
        for row in 0..batch.num_rows() {
            appender.delete_unseen(&text(batch.column(0), row)).await?;
        }
    }
    Ok(())
}
