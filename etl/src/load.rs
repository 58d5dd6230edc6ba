//! One table's part of a run.

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use tokio::time::Instant;

use crate::batch::{Batch, text};
use crate::delta::{Appender, DeltaTableAt, Position, schema};
use crate::extract::{Changed, Rows, Snapshot};
use crate::meters::Meters;
use crate::place::Place;
use crate::pseudonym::Pseudonyms;
use crate::query::session;
use crate::report::{LoadKind, TableReport};
use crate::runs::Runs;
use crate::source::{Source, Table};
use crate::warehouse::OnProgress;
use crate::{EtlError, Progress};

/// What the tables of one run have in common.
#[derive(Clone, Copy)]
pub(crate) struct Run<'a> {
    pub(crate) place: &'a Place,
    pub(crate) names: &'a Pseudonyms,
    pub(crate) last: &'a Batch,
    pub(crate) at: DateTime<Utc>,
    pub(crate) progress: OnProgress<'a>,
    pub(crate) meters: &'a Meters,
    pub(crate) runs: &'a Runs,
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
        self.meters.unknown_columns(table, compare(source, table, &snapshot.columns(source, table).await?)?);
        let target = DeltaTableAt::open_or_create(self.place, table.raw, &schema(table)).await?;
        let (kind, rows) = self.what_to_read(source, table, snapshot, &target).await?;
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
        if let Some(rows) = rows {
            let position = Position { watermark, origin };
            let mut appender = Appender::new(table, &target, position, self.at, self.names, self.progress)?;
            if kind == LoadKind::Reload {
                appender.remember_keys();
            }
            snapshot.read(source, table, rows, &mut appender).await?;
            if kind == LoadKind::Reload {
                delete_what_is_gone(table, &target, &mut appender).await?;
            }
            let appended = appender.commit().await?;
            report = TableReport {
                rows: appended.rows,
                deleted: appended.deleted,
                version: appended.version,
                bytes: appended.bytes,
                ..report
            };
        }
        report.duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.meters.loaded(&report);
        (self.progress)(Progress::Table(report.clone()));
        Ok(report)
    }

    async fn what_to_read(
        &self,
        source: Source,
        table: &Table,
        snapshot: &mut Snapshot,
        target: &DeltaTableAt,
    ) -> Result<(LoadKind, Option<Rows>), EtlError> {
        let Some(watermark) = target.watermark().await? else {
            return Ok((LoadKind::FirstLoad, Some(Rows::All)));
        };
        let Position { watermark: since, origin } = self.last_seen(table, target, watermark).await?;
        // Another history than the one that was read, whatever its numbers are.
        if origin.is_some() && origin != Some(snapshot.origin(source, since).await?) {
            return Ok((LoadKind::Reload, Some(Rows::All)));
        }
        Ok(match snapshot.changed(source, table, since).await? {
            Changed::Nothing => (LoadKind::Unchanged, None),
            Changed::Rows => (LoadKind::Changes, Some(Rows::ChangedSince(since))),
            Changed::Everything => (LoadKind::Reload, Some(Rows::All)),
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

/// How many columns the source has of which nobody has decided anything; they are left out.
fn compare(source: Source, table: &'static Table, found: &[String]) -> Result<usize, EtlError> {
    let listed = |name: &String| table.columns.iter().any(|column| column.name == name);
    let unknown: Vec<_> = found
        .iter()
        .filter(|name| !listed(name) && !table.withheld.contains(&name.as_str()))
        .map(String::as_str)
        .collect();
    let missing: Vec<_> = table
        .columns
        .iter()
        .map(|column| column.name)
        .filter(|name| !found.iter().any(|found| found == name))
        .collect();
    if !unknown.is_empty() {
        let (name, table, columns) = (source.name, table.name, unknown.join(", "));
        tracing::warn!(source = name, table, columns, "the table has columns nobody has decided on; they are left out");
    }
    if missing.is_empty() {
        return Ok(unknown.len());
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
    let session = session(std::slice::from_ref(target)).await?;
    let mut batches = session.stream(&sql).await?;
    while let Some(batch) = batches.try_next().await.map_err(EtlError::unreadable)? {
        for row in 0..batch.num_rows() {
            appender.delete_unseen(&text(batch.column(0), row)).await?;
        }
    }
    Ok(())
}
