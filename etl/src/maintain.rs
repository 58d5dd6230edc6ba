//! What keeps the warehouse small and forgetful: rewriting, and then removing what was rewritten.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::EtlError;
use crate::batch::{Batch, text};
use crate::delta::DeltaTableAt;
use crate::place::Place;
use crate::query::session;
use crate::report::{Maintained, TableStatus};
use crate::runs::{Lease, Runs};
use crate::source::{Table, tables};

/// Erased members that nobody has forgotten yet: whose newest row says that they are gone. Who is merely missing when a source is
/// read again whole was not erased: it may be the wrong database, or one that was restored.
const ERASED: &str = "SELECT id FROM (
        SELECT id, op, status, change_seq, row_number() OVER (PARTITION BY id ORDER BY load DESC, change_seq DESC) AS age FROM raw_users
    ) WHERE age = 1 AND (op = 'D' AND change_seq > 0 OR status = 'erased')";

/// Maintains every table of the last batch. The caller holds the lease. A table that cannot be maintained does not keep the
/// others from it, and is named in the end.
pub(crate) async fn maintain(
    place: &Place,
    runs: &Runs,
    lease: &Lease,
    kept: TimeDelta,
    at: DateTime<Utc>,
) -> Result<Maintained, EtlError> {
    let last = Batch::last(place).await.map_err(|error| place.explained(error))?;
    if last.number == 0 {
        return Err(EtlError::Empty);
    }
    let mut failure = None;
    match erased(place).await.map_err(|error| place.explained(error)) {
        Ok(erased) => runs.note_erased(&erased, at).await?,
        Err(error) => failure = Some(error),
    }
    let members = runs.to_forget().await?;
    // Old versions, with what is to be forgotten in them, go at once then, and so does what the log says of them.
    let is_forgetting = !members.is_empty();
    let of_tables = if is_forgetting { TimeDelta::zero() } else { kept };
    let steps = [Step::Rewrite(&members), Step::Vacuum(of_tables), Step::ForgetPast];
    let (mut batch, mut ahead) = (last.number, BTreeSet::new());
    // Only when readers see the new versions may the files of the old ones go.
    for step in &steps[..if is_forgetting { 3 } else { 2 }] {
        // Whoever slept for longer than a lease would take the files that another run is writing for old ones.
        lease.renew().await?;
        let mut maintenance = Maintenance { place, step, at, ahead, failure };
        batch = maintenance.of_each().await?;
        Maintenance { ahead, failure, .. } = maintenance;
    }
    if ahead.is_empty() && failure.is_none() {
        runs.forgotten(&members, at).await?;
    }
    tidy_batches(place, kept, at).await?;
    failure.map_or(Ok(Maintained { batch, waiting: ahead.into_iter().map(str::to_owned).collect() }), Err)
}

/// What is done with each table.
enum Step<'a> {
    /// Takes these members out and puts small files together.
    Rewrite(&'a [String]),
    /// Removes files that no version of so long ago names.
    Vacuum(TimeDelta),
    /// Removes what the log says of former versions.
    ForgetPast,
}

struct Maintenance<'a> {
    place: &'a Place,
    step: &'a Step<'a>,
    at: DateTime<Utc>,
    /// Tables that are ahead of the batch, as a killed run leaves them: what is in them is not for readers yet, and waits for the
    /// next run.
    ahead: BTreeSet<&'static str>,
    failure: Option<EtlError>,
}

impl Maintenance<'_> {
    /// Takes the step with each table of the last batch, and commits the batch of their versions.
    async fn of_each(&mut self) -> Result<i64, EtlError> {
        let last = Batch::last(self.place).await?;
        let mut statuses = Vec::new();
        for (table, status) in tables_of(&last) {
            let version = match self.of(table, &status).await.map_err(|error| self.place.explained(error)) {
                Ok(version) => version,
                // A place that does not answer, or is full, is so for the next table as well.
                Err(error @ (EtlError::Bucket { .. } | EtlError::Folder { .. })) => return Err(error),
                Err(error) => {
                    self.failure = Some(error.after(self.failure.take()));
                    status.version
                }
            };
            statuses.push(TableStatus { version, ..status });
        }
        statuses.reverse();
        last.advance(self.place, &statuses, self.at).await
    }

    /// The table's version afterwards.
    async fn of(&mut self, table: &'static Table, status: &TableStatus) -> Result<u64, EtlError> {
        let opened = DeltaTableAt::open(self.place, table.raw, None).await?;
        let opened = opened.ok_or(EtlError::Missing { table: table.raw })?;
        if opened.version() != status.version {
            self.ahead.insert(table.raw);
            return Ok(status.version);
        }
        let done = match self.step {
            Step::Rewrite(members) => opened.without_members(table, members).await?.compacted().await?,
            Step::Vacuum(kept) => opened.vacuumed(*kept, self.at).await?,
            Step::ForgetPast => opened.without_past().await?,
        };
        Ok(done.version())
    }
}

/// The table of batches, which grows by a file with each.
async fn tidy_batches(place: &Place, kept: TimeDelta, at: DateTime<Utc>) -> Result<(), EtlError> {
    let Some(batches) = Batch::table(place).await? else { return Ok(()) };
    batches.compacted().await?.vacuumed(kept, at).await.map(drop)
}

/// The tables of a batch with the users last: who was erased is read from there, and should be found again by whoever
/// continues after a crash.
fn tables_of(batch: &Batch) -> impl Iterator<Item = (&'static Table, TableStatus)> {
    batch.tables.iter().rev().filter_map(|status| {
        let table = tables().find(|table| table.raw == status.table)?;
        Some((table, status.clone()))
    })
}

/// Who was erased, by what the newest rows of the users say.
pub(crate) async fn erased(place: &Place) -> Result<Vec<String>, EtlError> {
    let Some(users) = DeltaTableAt::open(place, "raw_users", None).await? else { return Ok(Vec::new()) };
    let batches = session(&[users]).await?.read(ERASED).await?;
    Ok(batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| text(batch.column(0), row))).collect())
}
