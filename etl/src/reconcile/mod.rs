//! Whether the warehouse equals its sources: every row of a source, read in one snapshot of its database, against the newest
//! row of its key in the last batch. Keys that changed since that batch was read are counted and left out, so that a house at
//! work compares as well as one at rest.

mod newest;
mod rows;
mod tally;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use self::newest::Newest;
use self::rows::Rules;
use self::tally::{Counter, Hashes, Tally};
use crate::EtlError;
use crate::address::Address;
use crate::batch::{Batch, text};
use crate::delta::{Batches, Columns, DeltaTableAt, Load};
use crate::extract::{Op, Pending, Rows, Sink, Snapshot, SourceRow};
use crate::load::agree;
use crate::place::Place;
use crate::pseudonym::{Pseudonym, Pseudonyms};
use crate::query::session;
use crate::report::{Difference, KeyDifference, Progress, Reconciliation, TableComparison, Verdict};
use crate::source::{Source, Table};
use crate::warehouse::OnProgress;

/// Rows that are held in memory, of keys that changed or to find the keys that differ, some 100 bytes each.
const HELD: u64 = 400_000;

/// Keys that are named.
const NAMED: usize = 100;

/// Rows that are turned into columns at a time.
const BATCH_ROWS: usize = 8 * 1024;

const MEMBERS: &str = "SELECT id FROM (
        SELECT id, op, status, row_number() OVER (PARTITION BY id ORDER BY load DESC, change_seq DESC) AS age FROM raw_users
    ) WHERE age = 1 AND op <> 'D' AND status <> 'erased'";

/// Compares every table of every source with a batch.
pub(crate) async fn compare(
    place: &Place,
    names: &Pseudonyms,
    forgotten: Arc<HashSet<Pseudonym>>,
    batch: &Batch,
    progress: OnProgress<'_>,
    (sources, patience): (&[(Source, Address)], Duration),
) -> Result<Reconciliation, EtlError> {
    let comparison = Comparison::new(place, names, forgotten, batch, progress).await?;
    let mut tables = Vec::new();
    for (source, address) in sources {
        let mut snapshot = Snapshot::open(*source, address, patience).await?;
        for table in source.tables {
            tables.push(Box::pin(comparison.compare(*source, table, &mut snapshot)).await?);
        }
    }
    Ok(Reconciliation { batch: batch.number, tables })
}

/// What the comparisons of one reconciliation have in common.
struct Comparison<'a> {
    place: &'a Place,
    names: &'a Pseudonyms,
    /// Members of whom the warehouse says nothing any more, whatever an older copy of a source says of them.
    forgotten: Arc<HashSet<Pseudonym>>,
    batch: &'a Batch,
    progress: OnProgress<'a>,
    /// The members the warehouse knows and has not to forget.
    members: HashSet<String>,
}

impl<'a> Comparison<'a> {
    async fn new(
        place: &'a Place,
        names: &'a Pseudonyms,
        forgotten: Arc<HashSet<Pseudonym>>,
        batch: &'a Batch,
        progress: OnProgress<'a>,
    ) -> Result<Self, EtlError> {
        let mut comparison = Self { place, names, forgotten, batch, progress, members: HashSet::new() };
        let users = session(&[comparison.open("raw_users").await?]).await?.read(MEMBERS).await?;
        let ids = users.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| text(batch.column(0), row)));
        comparison.members = ids.collect();
        Ok(comparison)
    }

    /// Compares one table.
    async fn compare(
        &self,
        source: Source,
        table: &'static Table,
        snapshot: &mut Snapshot,
    ) -> Result<TableComparison, EtlError> {
        (self.progress)(Progress::Reading { table: table.raw });
        // It waits for a program that knows its schema, and the others are compared.
        if agree(source, table, &snapshot.columns(source, table).await?).is_err() {
            return Ok(not_compared(table));
        }
        let status = self.batch.of(table.raw).ok_or(EtlError::Empty)?;
        let since = status.watermark;
        // In a source that was restored the same numbers mean other changes; the next run reads it again.
        if status.origin.is_some() && status.origin != Some(snapshot.origin(source, since).await?) {
            return Ok(not_compared(table));
        }
        let pending = match snapshot.pending(source, table, since, self.names).await? {
            Pending::Keys(keys) => keys,
            Pending::Everything => return Ok(not_compared(table)),
        };
        let rules = Rules { table, pending, members: &self.members };
        let (mut theirs, mut ours) = (Tally::default(), Tally::default());
        self.read_source(source, snapshot, &rules, &mut theirs).await?;
        self.read_warehouse(&rules, &mut ours).await?;
        let buckets = theirs.differing(&ours, HELD);
        let mut differences = Vec::new();
        if !buckets.is_empty() {
            let mut source_rows = Hashes { buckets: buckets.clone(), ..Hashes::default() };
            let mut warehouse_rows = Hashes { buckets, ..Hashes::default() };
            self.read_source(source, snapshot, &rules, &mut source_rows).await?;
            self.read_warehouse(&rules, &mut warehouse_rows).await?;
            differences = named(&source_rows, &warehouse_rows);
        }
        Ok(TableComparison {
            table: table.raw.to_owned(),
            verdict: verdict(&theirs, &ours, rules.pending.len()),
            source_rows: theirs.rows(),
            warehouse_rows: ours.rows(),
            source_checksum: format!("{:032x}", theirs.checksum()),
            warehouse_checksum: format!("{:032x}", ours.checksum()),
            pending: u64::try_from(rules.pending.len()).unwrap_or(u64::MAX),
            differences,
        })
    }

    async fn read_source(
        &self,
        source: Source,
        snapshot: &mut Snapshot,
        rules: &Rules<'_>,
        counter: &mut (impl Counter + Send),
    ) -> Result<(), EtlError> {
        let table = rules.table;
        let load = Load { number: 0, watermark: 0, at: DateTime::<Utc>::UNIX_EPOCH };
        let batches = Batches::new(table, load, self.names, Arc::clone(&self.forgotten));
        let mut sink = Counting { rules, batches, columns: Columns::new(table, 0), counter };
        snapshot.read(source, table, Rows::All, &mut sink).await?;
        sink.write().await
    }

    async fn read_warehouse(&self, rules: &Rules<'_>, counter: &mut (impl Counter + Send)) -> Result<(), EtlError> {
        let session = session(&[self.open(rules.table.raw).await?]).await?;
        Newest::of(&session, rules).await?.count(counter, HELD).await
    }

    /// A table at the version of the batch.
    async fn open(&self, raw: &'static str) -> Result<DeltaTableAt, EtlError> {
        let version = self.batch.of(raw).ok_or(EtlError::Empty)?.version;
        DeltaTableAt::open(self.place, raw, Some(version)).await?.ok_or(EtlError::Empty)
    }
}

/// Counts the rows of a source as they are read.
struct Counting<'a, 'r, C> {
    rules: &'a Rules<'r>,
    batches: Batches,
    columns: Columns,
    counter: &'a mut C,
}

impl<C: Counter + Send> Sink for Counting<'_, '_, C> {
    fn append(&mut self, row: &impl SourceRow) -> Result<bool, EtlError> {
        self.columns.append(row, Op::Snapshot)?;
        Ok(self.columns.rows() >= BATCH_ROWS)
    }

    async fn write(&mut self) -> Result<(), EtlError> {
        let gathered = Columns::new(self.rules.table, self.columns.rows());
        let batch = self.batches.of_rows(std::mem::replace(&mut self.columns, gathered))?;
        self.rules.count(&batch, self.counter)
    }
}

/// Where every row has changed since, nothing was compared.
fn verdict(theirs: &Tally, ours: &Tally, pending: usize) -> Verdict {
    if !theirs.same_as(ours) {
        Verdict::Different
    } else if pending > 0 && theirs.rows() == 0 {
        Verdict::NotCompared
    } else {
        Verdict::Equal
    }
}

fn named(source: &Hashes, warehouse: &Hashes) -> Vec<KeyDifference> {
    let differing = source.against(warehouse).into_iter().take(NAMED);
    differing
        .map(|(key, in_both)| {
            let what = match in_both {
                (true, false) => Difference::Missing,
                (false, _) => Difference::Surplus,
                (true, true) => Difference::Changed,
            };
            KeyDifference { key, what }
        })
        .collect()
}

/// A table that was truncated or restored since the last run; the next one reads the whole of it again.
fn not_compared(table: &Table) -> TableComparison {
    TableComparison {
        table: table.raw.to_owned(),
        verdict: Verdict::NotCompared,
        source_rows: 0,
        warehouse_rows: 0,
        source_checksum: String::new(),
        warehouse_checksum: String::new(),
        pending: 0,
        differences: Vec::new(),
    }
}
