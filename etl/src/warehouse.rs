use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use service_kit::clock::Clock;
use tokio::time::Instant;

use crate::address::Address;
use crate::batch::Batch;
use crate::delta::DeltaTableAt;
use crate::extract::Snapshot;
use crate::load::Run;
use crate::pseudonym::Pseudonyms;
use crate::query::session;
use crate::report::{RunReport, Status, TableStatus};
use crate::runs::{Lease, Runs};
use crate::source::{INVENTORY, Source, USERS, tables};
use crate::{Config, EtlError, Progress, QueryResult};

/// Who is told what a run is doing.
pub type OnProgress<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// Runs a status tells of.
const SHOWN_RUNS: i64 = 20;

/// The warehouse: brings it up to date and answers questions. It keeps nothing in memory between two calls.
#[derive(Debug)]
pub struct Warehouse {
    root: PathBuf,
    /// In the order a run reads them.
    sources: [(Source, Address); 2],
    names: Pseudonyms,
    runs: Runs,
    clock: Clock,
    lease_seconds: u32,
}

impl Warehouse {
    /// Opens the warehouse's own database, creating it if need be. The sources are not asked before a run.
    ///
    /// # Errors
    /// When a setting cannot be used, or the database of runs does not answer.
    pub async fn open(config: &Config, clock: Clock) -> Result<Self, EtlError> {
        Ok(Self {
            root: config.warehouse.clone(),
            sources: [
                (USERS, Address::parse("users_database_url", &config.users_database_url)?),
                (INVENTORY, Address::parse("inventory_database_url", &config.inventory_database_url)?),
            ],
            names: Pseudonyms::new(&config.pseudonym_key)?,
            runs: Runs::open(&Address::parse("database_url", &config.database_url)?).await?,
            clock,
            lease_seconds: config.lease_seconds.max(1),
        })
    }

    /// Brings every table up to date and commits the batch that readers see. Nothing is written when nothing had changed.
    /// Whatever ends a run early, the next one continues where its last commit was.
    ///
    /// # Errors
    /// [`EtlError::UnderWay`] while another run holds the lease; otherwise what failed, with the remedy.
    pub async fn run_once(&self, progress: OnProgress<'_>) -> Result<RunReport, EtlError> {
        usable(&self.root)?;
        let lease = Lease::take(&self.runs, &self.clock, self.lease_seconds).await?;
        let record = self.runs.began(&self.clock).await?;
        let outcome = tokio::select! {
            outcome = Box::pin(self.run(progress)) => outcome,
            lost = lease.keep() => Err(lost),
        };
        let recorded = self.runs.ended(&record, self.clock.now(), &outcome).await;
        let released = lease.release().await;
        let report = outcome?;
        recorded.and(released).map(|()| report)
    }

    /// The last runs and the tables of the last batch.
    ///
    /// # Errors
    /// When the database of runs or the table of batches cannot be read.
    pub async fn status(&self) -> Result<Status, EtlError> {
        let batch = Batch::last(&self.root).await?;
        Ok(Status {
            runs: self.runs.last(SHOWN_RUNS).await?,
            batch: (batch.number > 0).then_some(batch.number),
            tables: batch.tables,
        })
    }

    /// Answers a query over the tables of the last batch and the star's views. It can only read; at most 10,000 rows.
    ///
    /// # Errors
    /// [`EtlError::Empty`] before the first run, [`EtlError::Query`] when the query is wrong or too large.
    pub async fn query(&self, sql: &str) -> Result<QueryResult, EtlError> {
        let batch = Batch::last(&self.root).await?;
        let mut pinned = Vec::new();
        for table in tables() {
            let version = batch.of(table.raw).ok_or(EtlError::Empty)?.version;
            let opened = DeltaTableAt::open(&self.root, table.raw, Some(version)).await?;
            pinned.push(opened.ok_or(EtlError::Empty)?);
        }
        Box::pin(session(&pinned).await?.with_star().await?.answer(sql)).await
    }

    /// When the last run began that has ended well, for the schedule.
    pub(crate) async fn last_success(&self) -> Result<Option<chrono::DateTime<chrono::Utc>>, EtlError> {
        self.runs.last_success().await
    }

    async fn run(&self, progress: OnProgress<'_>) -> Result<RunReport, EtlError> {
        let started = Instant::now();
        let last = Batch::last(&self.root).await?;
        let run = Run { root: &self.root, names: &self.names, last: &last, at: self.clock.now(), progress };
        let mut tables = Vec::new();
        for (source, address) in &self.sources {
            let mut snapshot = Snapshot::open(*source, address).await?;
            for table in source.tables {
                tables.push(Box::pin(run.load(*source, table, &mut snapshot)).await?);
            }
        }
        let versions: Vec<_> = tables
            .iter()
            .map(|table| TableStatus { table: table.table.clone(), version: table.version, watermark: table.watermark })
            .collect();
        let batch = last.advance(&self.root, &versions, self.clock.now()).await?;
        if batch != last.number {
            progress(Progress::Batch { batch });
        }
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(RunReport { tables, batch, duration_ms })
    }
}

/// Makes sure that files can be written into the folder, before anything is read for it.
fn usable(root: &Path) -> Result<(), EtlError> {
    let unusable = |cause| EtlError::Folder { path: root.to_owned(), cause };
    match std::fs::create_dir(root) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(unusable(error)),
        _ => {}
    }
    let probe = root.join(".writable");
    std::fs::write(&probe, []).and_then(|()| std::fs::remove_file(&probe)).map_err(unusable)
}
