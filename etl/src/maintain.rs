//! What keeps the warehouse small and forgetful: rewriting, and then removing what was rewritten.

use chrono::{DateTime, TimeDelta, Utc};

use crate::EtlError;
use crate::batch::{Batch, text};
use crate::delta::DeltaTableAt;
use crate::place::Place;
use crate::query::session;
use crate::report::TableStatus;
use crate::source::{Table, tables};

/// Erased members that nobody has forgotten yet: whose newest row says that they are gone.
const ERASED: &str = "SELECT id FROM (
        SELECT id, op, status, row_number() OVER (PARTITION BY id ORDER BY load DESC, change_seq DESC) AS age FROM raw_users
    ) WHERE age = 1 AND (op = 'D' OR status = 'erased')";

/// Maintains every table of the last batch, and returns the number of the batch that readers see then. The caller holds the
/// lease.
pub(crate) async fn maintain(place: &Place, kept: TimeDelta, at: DateTime<Utc>) -> Result<i64, EtlError> {
    let last = Batch::last(place).await?;
    if last.number == 0 {
        return Err(EtlError::Empty);
    }
    let erased = erased(place).await?;
    // Old versions, with what is to be forgotten in them, go at once then.
    let kept = if erased.is_empty() { kept } else { TimeDelta::zero() };
    let mut rewritten = Vec::new();
    for (table, status) in tables_of(&last) {
        let opened = open(place, table).await?;
        // What a killed run left ahead of the batch is not for readers yet; it waits for the next run.
        rewritten.push(if opened.version() == status.version {
            let table = opened.without_members(table, &erased).await?.compacted().await?;
            TableStatus { version: table.version(), ..status }
        } else {
            status
        });
    }
    rewritten.reverse();
    // Only when readers see the new versions may the files of the old ones go.
    last.advance(place, &rewritten, at).await?;
    let now = Batch::last(place).await?;
    let mut vacuumed = Vec::new();
    for (table, status) in tables_of(&now) {
        let opened = open(place, table).await?;
        vacuumed.push(if opened.version() == status.version {
            TableStatus { version: opened.vacuumed(kept).await?.version(), ..status }
        } else {
            status
        });
    }
    vacuumed.reverse();
    now.advance(place, &vacuumed, at).await
}

/// The tables of a batch with the users last: who was erased is read from there, and should be found again by whoever
/// continues after a crash.
fn tables_of(batch: &Batch) -> impl Iterator<Item = (&'static Table, TableStatus)> {
    batch.tables.iter().rev().filter_map(|status| {
        let table = tables().find(|table| table.raw == status.table)?;
        Some((table, status.clone()))
    })
}

async fn open(place: &Place, table: &'static Table) -> Result<DeltaTableAt, EtlError> {
    DeltaTableAt::open(place, table.raw, None).await?.ok_or(EtlError::Empty)
}

async fn erased(place: &Place) -> Result<Vec<String>, EtlError> {
    let Some(users) = DeltaTableAt::open(place, "raw_users", None).await? else { return Ok(Vec::new()) };
    let batches = session(&[users]).await?.read(ERASED).await?;
    Ok(batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| text(batch.column(0), row))).collect())
}
