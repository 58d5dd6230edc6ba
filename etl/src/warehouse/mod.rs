mod ask;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use service_kit::clock::Clock;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use vocabulary::Secret;

use crate::address::Address;
use crate::batch::Batch;
use crate::ceiling;
use crate::delta::{DeltaTableAt, schema};
use crate::extract::Snapshot;
use crate::load::{COLUMNS, Run};
use crate::maintain::{erased, maintain};
use crate::meters::Meters;
use crate::place::Place;
use crate::pseudonym::{Pseudonym, Pseudonyms};
use crate::report::{LoadKind, Maintained, RunReport, TableReport, TableStatus};
use crate::runs::{Failed, Lease, Runs};
use crate::schedule::Schedule;
use crate::source::{INVENTORY, ORDERS, PAYMENTS, SOURCES, Source, Table, USERS, tables};
use crate::{Config, EtlError, Progress};

/// Who is told what a run is doing.
pub type OnProgress<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// The warehouse: brings it up to date and answers questions. It keeps nothing in memory between two calls.
#[derive(Debug)]
pub struct Warehouse {
    place: Place,
    /// In the order a run reads them.
    sources: Vec<(Source, Address)>,
    names: Pseudonyms,
    runs: Runs,
    clock: Clock,
    lease_seconds: u32,
    query_deadline: Duration,
    source_patience: Duration,
    created_at: DateTime<Utc>,
    kept: TimeDelta,
    meters: Meters,
}

/// Where the members are.
const USERS_TABLE: &str = "raw_users";

/// The property that tells whether ids still get the pseudonyms they have in the warehouse.
const PSEUDONYM_CHECK: &str = "pseudonym_check";

impl Warehouse {
    /// Opens the warehouse's own database, creating it if need be. The sources are not asked before a run.
    ///
    /// # Errors
    /// When a setting cannot be used, or the database of runs does not answer.
    pub async fn open(config: &Config, clock: Clock) -> Result<Self, EtlError> {
        // What a setting is wrong in is told before a file is made.
        let mut warehouse = Self::open_to_ask(config, clock)?;
        warehouse.runs.prepare(&Address::parse("database_url", &config.database_url)?).await?;
        let check = warehouse.runs.kept(PSEUDONYM_CHECK).await?;
        if check.is_some_and(|check| check != warehouse.names.check()) {
            return Err(EtlError::OtherKey);
        }
        warehouse.created_at = warehouse.runs.created_at(&warehouse.clock).await?;
        Ok(warehouse)
    }

    /// Opens the warehouse for [`Warehouse::query`] and [`Warehouse::report`] alone. They need nothing but its tables, which can
    /// be asked although the disk with its own database is full, or that is damaged.
    ///
    /// # Errors
    /// When a setting cannot be used.
    pub fn open_to_ask(config: &Config, clock: Clock) -> Result<Self, EtlError> {
        Ok(Self {
            place: Place::parse(&config.warehouse, &config.warehouse_options, seconds(config.bucket_seconds))?,
            sources: sources(config)?,
            names: Pseudonyms::new(&config.pseudonym_key)?,
            created_at: clock.now(),
            runs: Runs::at(&Address::parse("database_url", &config.database_url)?),
            clock,
            meters: Meters::default(),
            kept: TimeDelta::days(config.kept_days.into()),
            lease_seconds: config.lease_seconds.max(1),
            query_deadline: seconds(config.query_seconds),
            source_patience: seconds(config.source_seconds),
        })
    }

    /// Brings every table up to date and commits the batch that readers see. Nothing is written when nothing had changed.
    /// Whatever ends a run early, the next one continues where its last commit was. While another run is under way, or a
    /// run that died still holds the lease, it waits for as long as a lease lasts.
    ///
    /// # Errors
    /// [`EtlError::UnderWay`] when another run holds the lease even then; otherwise what failed, with the remedy. A source
    /// that cannot be read is a failure, but what the others had to tell is in the warehouse.
    pub async fn run_once(&self, progress: OnProgress<'_>) -> Result<RunReport, EtlError> {
        self.run_until(&CancellationToken::new(), progress).await
    }

    /// [`Warehouse::run_once`], but given up at `shutdown`: the lease is given back and the run recorded as failed.
    pub(crate) async fn run_until(
        &self,
        shutdown: &CancellationToken,
        progress: OnProgress<'_>,
    ) -> Result<RunReport, EtlError> {
        let lease = self.lease(shutdown).await?;
        self.run_with(lease, shutdown, progress).await
    }

    /// A run by the schedule, unless another instance has done it meanwhile, so that none is due any more, which is none.
    pub(crate) async fn run_due(
        &self,
        schedule: &Schedule,
        shutdown: &CancellationToken,
    ) -> Result<Option<RunReport>, EtlError> {
        let lease = self.lease(shutdown).await?;
        match self.last_success().await {
            Ok(Some(last)) if schedule.after(last) > self.clock.now() => lease.release().await.map(|()| None),
            Ok(_) => self.run_with(lease, shutdown, &|_| {}).await.map(Some),
            Err(error) => lease.release().await.and(Err(error)),
        }
    }

    async fn lease(&self, shutdown: &CancellationToken) -> Result<Lease, EtlError> {
        let waiting = Lease::wait(&self.runs, &self.clock, self.lease_seconds);
        shutdown.run_until_cancelled(waiting).await.ok_or(EtlError::Stopped)?
    }

    async fn run_with(
        &self,
        lease: Lease,
        shutdown: &CancellationToken,
        progress: OnProgress<'_>,
    ) -> Result<RunReport, EtlError> {
        let outcome = self.run_recorded(&lease, shutdown, progress).await;
        let released = lease.release().await;
        let report = outcome?;
        released.map(|()| report)
    }

    /// Takes members who were erased out of every row of every version, puts small files together and removes files that
    /// nobody needs any more. What readers see is whole all the time.
    ///
    /// # Errors
    /// [`EtlError::UnderWay`] when a run holds the lease, [`EtlError::Empty`] before the first run, otherwise what failed.
    pub async fn maintain(&self) -> Result<Maintained, EtlError> {
        self.maintain_until(&CancellationToken::new()).await
    }

    /// [`Warehouse::maintain`], but given up at `shutdown`: the lease is given back.
    pub(crate) async fn maintain_until(&self, shutdown: &CancellationToken) -> Result<Maintained, EtlError> {
        let lease = self.lease(shutdown).await?;
        let maintenance = async {
            self.place.usable()?;
            maintain(&self.place, &self.runs, &lease, self.kept, self.clock.now()).await
        };
        let outcome = tokio::select! {
            outcome = Box::pin(maintenance) => outcome,
            lost = lease.keep() => Err(lost),
            () = shutdown.cancelled() => Err(EtlError::Stopped),
        };
        let released = lease.release().await;
        let maintained = outcome?;
        released.map(|()| maintained)
    }

    /// The tables of the sources that are set, in the order a run reads them.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &'static Table> {
        self.sources.iter().flat_map(|(source, _)| source.tables).copied()
    }

    pub(crate) fn meters(&self) -> &Meters {
        &self.meters
    }

    /// When the last run began that has ended well, for the schedule.
    pub(crate) async fn last_success(&self) -> Result<Option<DateTime<Utc>>, EtlError> {
        self.runs.last_success(self.clock.now()).await
    }

    /// When the database of runs was first opened, for the schedule.
    pub(crate) fn created_at(&self) -> DateTime<Utc> {
        self.created_at
    }

    /// A run with the lease, from its record's beginning to its end.
    async fn run_recorded(
        &self,
        lease: &Lease,
        shutdown: &CancellationToken,
        progress: OnProgress<'_>,
    ) -> Result<RunReport, EtlError> {
        let began = self.clock.now();
        let record = self.runs.began(&self.clock).await?;
        let outcome = tokio::select! {
            outcome = Box::pin(self.run(progress)) => outcome.map_err(|failed| self.explained(failed)),
            lost = lease.keep() => Err(lost.into()),
            () = shutdown.cancelled() => Err(EtlError::Stopped.into()),
        };
        self.meters.ended(began, outcome.as_ref().map_err(|failed| &failed.error));
        let recorded = self.runs.ended(&record, self.clock.now(), &outcome).await;
        let report = outcome.map_err(|failed| failed.error)?;
        recorded.map(|()| report)
    }

    fn explained(&self, Failed { error, report }: Failed) -> Failed {
        Failed { error: self.place.explained(error), report }
    }

    async fn run(&self, progress: OnProgress<'_>) -> Result<RunReport, Failed> {
        let started = Instant::now();
        self.place.usable()?;
        let check = self.names.check();
        if self.runs.keep_first(PSEUDONYM_CHECK, &check).await? != check {
            return Err(EtlError::OtherKey.into());
        }
        let last = Batch::last(&self.place).await?.hashed_with(&self.names)?;
        let known = self.runs.kept_under(COLUMNS).await?;
        let mut run = Run {
            place: &self.place,
            names: &self.names,
            last: &last,
            at: self.clock.now(),
            progress,
            meters: &self.meters,
            runs: &self.runs,
            known: &known,
            erased: Arc::new(self.runs.erased().await?),
        };
        let (mut tables, mut failure) = (Vec::new(), None);
        for (source, address) in &self.sources {
            match load_source(&run, (*source, address), self.source_patience, &mut tables, &mut failure).await {
                Err(error) if error.is_of_source() => failure = Some(error.after(failure)),
                loaded => loaded?,
            }
            if source.name == USERS.name && !known.contains_key(USERS_TABLE) {
                match self.erased_before().await.map_err(|error| self.place.explained(error)) {
                    Ok(erased) => run.erased = Arc::new(erased),
                    Err(error) if error.is_of_warehouse() || error.is_of_table() => {
                        failure = Some(error.after(failure));
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        let mut batch = if tables.is_empty() { last.number } else { self.advance(&last, &tables).await? };
        // Readers have the rows; that they are in many files is no reason to keep them back.
        match self.tidy(&mut tables).await {
            Ok(false) => {}
            Ok(true) => batch = self.advance(&Batch::last(&self.place).await?, &tables).await?,
            Err(error) => tracing::warn!(%error, "small files could not be put together"),
        }
        if batch != last.number {
            progress(Progress::Batch { batch });
        }
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let report = RunReport { tables, batch, duration_ms };
        match failure {
            Some(error) => Err(Failed { error, report: Some(report) }),
            None => Ok(report),
        }
    }

    /// Who was erased, asked of the users' rows: the database of runs, which knows it otherwise, is new.
    async fn erased_before(&self) -> Result<HashSet<Pseudonym>, EtlError> {
        self.runs.note_erased(&erased(&self.place).await?, self.clock.now()).await?;
        self.runs.erased().await
    }

    /// Puts the files of the loaded tables together that have become scattered; whether there were any.
    async fn tidy(&self, reports: &mut [TableReport]) -> Result<bool, EtlError> {
        let mut is_tidied = false;
        for report in reports.iter_mut().filter(|report| report.kind != LoadKind::Unchanged) {
            let Some(table) = tables().find(|table| table.raw == report.table) else { continue };
            let Some(opened) = DeltaTableAt::open(&self.place, table.raw, None).await? else { continue };
            if opened.is_scattered()? {
                report.version = opened.compacted().await?.version();
                is_tidied = true;
            }
        }
        Ok(is_tidied)
    }

    /// Commits the batch of the tables that were loaded, and of the others as they were.
    async fn advance(&self, last: &Batch, loaded: &[TableReport]) -> Result<i64, EtlError> {
        let mut versions = Vec::new();
        for table in tables() {
            versions.push(match (loaded.iter().find(|report| report.table == table.raw), last.of(table.raw)) {
                (Some(report), _) => {
                    let TableReport { version, watermark, origin, .. } = *report;
                    TableStatus { table: report.table.clone(), version, watermark, origin }
                }
                (None, Some(status)) => status.clone(),
                (None, None) => self.as_it_is(table).await?,
            });
        }
        // Where a table was moved away and filled anew, its version may be the same and its rows are others.
        if loaded.iter().any(|report| report.kind != LoadKind::Unchanged) {
            return last.commit(&self.place, &versions, self.clock.now()).await;
        }
        last.advance(&self.place, &versions, self.clock.now()).await
    }

    /// A table that no batch has named yet; an empty one if nothing was ever read into it.
    async fn as_it_is(&self, table: &Table) -> Result<TableStatus, EtlError> {
        let target = DeltaTableAt::open_or_create(&self.place, table.raw, &schema(table)).await?;
        let watermark = target.watermark().await?.unwrap_or_default();
        let origin = target.origin().await?;
        Ok(TableStatus { table: table.raw.to_owned(), version: target.version(), watermark, origin })
    }
}

/// A setting of so many seconds, at least one.
fn seconds(setting: u32) -> Duration {
    Duration::from_secs(setting.max(1).into())
}

/// The databases there are, in the order a run reads them.
fn sources(config: &Config) -> Result<Vec<(Source, Address)>, EtlError> {
    let mut sources = vec![
        (USERS, Address::parse("users_database_url", &config.users_database_url)?),
        (INVENTORY, Address::parse("inventory_database_url", &config.inventory_database_url)?),
    ];
    for (source, setting, url) in [
        (ORDERS, "orders_database_url", &config.orders_database_url),
        (PAYMENTS, "payments_database_url", &config.payments_database_url),
    ] {
        if !url.expose().is_empty() {
            sources.push((source, Address::parse(setting, url)?));
        }
    }
    let is_runs = |url: &Secret| url.expose() == config.database_url.expose();
    let urls = [&config.users_database_url, &config.inventory_database_url];
    let urls = urls.into_iter().chain([&config.orders_database_url, &config.payments_database_url]);
    match urls.zip(SOURCES).find(|(url, _)| is_runs(url)) {
        Some((_, source)) => Err(EtlError::ForeignDatabase { name: source.name }),
        None => Ok(sources),
    }
}

/// Brings the tables of one source up to date, and adds a report of each that was. A table that does not fit waits, and the
/// others go on.
async fn load_source(
    run: &Run<'_>,
    (source, address): (Source, &Address),
    patience: Duration,
    reports: &mut Vec<TableReport>,
    failure: &mut Option<EtlError>,
) -> Result<(), EtlError> {
    let mut snapshot = Snapshot::open(source, address, patience).await?;
    ceiling::watch(run.runs, run.meters, source, &mut snapshot, run.at).await?;
    for table in source.tables {
        snapshot.enter(source).await?;
        match Box::pin(run.load(source, table, &mut snapshot)).await {
            Ok(report) => reports.push(report),
            Err(error) => match run.place.explained(error) {
                error if error.is_of_table() => {
                    *failure = Some(error.after(failure.take()));
                    snapshot.leave(source).await?;
                }
                error => return Err(error),
            },
        }
    }
    Ok(())
}
