//! What is asked of the warehouse; none of it changes what readers see.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use super::{OnProgress, Warehouse};
use crate::batch::Batch;
use crate::delta::DeltaTableAt;
use crate::query::session;
use crate::reconcile::compare;
use crate::report::{Compared, Reconciliation, Status};
use crate::source::tables;
use crate::{EtlError, NamedReport, QueryResult, star};

/// Runs a status tells of.
const SHOWN_RUNS: i64 = 20;

/// Comparisons with the sources a status tells of.
const SHOWN_RECONCILIATIONS: i64 = 5;

impl Warehouse {
    /// Compares every table of every source with the last batch, and records what came of it. Nothing else is written, and
    /// runs and maintenance may go on meanwhile.
    ///
    /// # Errors
    /// [`EtlError::Empty`] before the first run, otherwise what could not be read.
    pub async fn reconcile(&self, progress: OnProgress<'_>) -> Result<Reconciliation, EtlError> {
        self.reconcile_until(&CancellationToken::new(), progress).await
    }

    /// [`Warehouse::reconcile`], but given up at `shutdown`, which is not recorded.
    pub(crate) async fn reconcile_until(
        &self,
        shutdown: &CancellationToken,
        progress: OnProgress<'_>,
    ) -> Result<Reconciliation, EtlError> {
        let began = self.clock.now();
        let comparing = shutdown.run_until_cancelled(Box::pin(self.compare(progress)));
        let outcome = comparing.await.ok_or(EtlError::Stopped)?.map_err(|error| self.place.explained(error));
        if matches!(outcome, Err(EtlError::Empty)) {
            return outcome;
        }
        self.meters.reconciled(outcome.as_ref());
        let recorded = self.runs.reconciled(&self.clock, began, &outcome).await;
        let report = outcome?;
        recorded.map(|()| report)
    }

    async fn compare(&self, progress: OnProgress<'_>) -> Result<Reconciliation, EtlError> {
        loop {
            let batch = Batch::last(&self.place).await?.hashed_with(&self.names)?;
            let forgotten = Arc::new(self.runs.forgotten_before().await?);
            let sources = (self.sources.as_slice(), self.source_patience);
            let comparing = compare(&self.place, &self.names, forgotten, &batch, progress, sources);
            let compared = Box::pin(comparing).await;
            if !self.is_superseded(&batch, compared.as_ref().err()).await? {
                return compared;
            }
        }
    }

    /// Whether what could not be read of a batch is to be read of a later one: maintenance removes files as soon as there is
    /// another batch.
    async fn is_superseded(&self, batch: &Batch, failure: Option<&EtlError>) -> Result<bool, EtlError> {
        let is_of_files = failure.is_some_and(EtlError::is_of_warehouse);
        Ok(is_of_files && Batch::last(&self.place).await?.number != batch.number)
    }

    /// The last runs and the tables of the last batch.
    ///
    /// # Errors
    /// When the database of runs or the table of batches cannot be read.
    pub async fn status(&self) -> Result<Status, EtlError> {
        let batch = Batch::last(&self.place).await.map_err(|error| self.place.explained(error))?;
        Ok(Status {
            runs: self.runs.last(SHOWN_RUNS).await?,
            batch: (batch.number > 0).then_some(batch.number),
            tables: batch.tables,
            reconciliations: self.runs.reconciliations(SHOWN_RECONCILIATIONS).await?,
        })
    }

    /// Answers a query over the tables of the last batch, the table of batches and the star's views. It can only read; at
    /// most 10,000 rows.
    ///
    /// # Errors
    /// [`EtlError::Empty`] before the first run, [`EtlError::Query`] when the query is wrong, too large or takes too long.
    pub async fn query(&self, sql: &str) -> Result<QueryResult, EtlError> {
        let answer = Box::pin(self.answer(sql));
        let answered = tokio::time::timeout(self.query_deadline, answer).await.unwrap_or_else(|_elapsed| {
            let seconds = self.query_deadline.as_secs();
            let reason = format!("it was given up after {seconds} s; ask for less, or raise query_seconds");
            Err(EtlError::Query { reason })
        });
        answered.map_err(|error| self.place.explained(error))
    }

    /// What a report says of the last batch.
    ///
    /// # Errors
    /// [`EtlError::Empty`] before the first run.
    pub async fn report(&self, report: NamedReport) -> Result<QueryResult, EtlError> {
        self.query(report.sql).await
    }

    /// When the last comparison with the sources began that came to something, for the schedule.
    pub(crate) async fn last_reconciliation(&self) -> Result<Option<DateTime<Utc>>, EtlError> {
        let mut last = self.runs.reconciliations(SHOWN_RECONCILIATIONS).await?;
        last.retain(|last| last.outcome != Compared::Failed);
        Ok(last.first().map(|last| last.started_at))
    }

    /// Sets the meters that tell of the last run and the last comparison to what was recorded of them: otherwise an alert of a
    /// warehouse that is old, or differs, would end with the process.
    pub(crate) async fn recall_meters(&self) -> Result<(), EtlError> {
        if let Some(last) = self.last_success().await? {
            self.meters.succeeded(last);
        }
        let compared = self.runs.reconciliations(SHOWN_RECONCILIATIONS).await?;
        if let Some(report) = compared.into_iter().find_map(|compared| compared.report) {
            self.meters.compared(&report);
        }
        Ok(())
    }

    async fn answer(&self, sql: &str) -> Result<QueryResult, EtlError> {
        loop {
            let batches = Batch::table(&self.place).await?.ok_or(EtlError::Empty)?;
            let batch = Batch::read(&batches).await?;
            let answered = self.answer_from(batches, &batch, sql).await;
            if !self.is_superseded(&batch, answered.as_ref().err()).await? {
                return answered;
            }
        }
    }

    async fn answer_from(&self, batches: DeltaTableAt, batch: &Batch, sql: &str) -> Result<QueryResult, EtlError> {
        let (mut pinned, mut lost) = (vec![batches], None);
        for table in tables() {
            match self.pinned(batch, table.raw).await.map_err(|error| self.place.explained(error)) {
                Ok(opened) => pinned.push(opened),
                Err(error) if error.is_of_table() => lost = Some(error.after(lost)),
                Err(error) => return Err(error),
            }
        }
        let session = session(&pinned).await?;
        let Some(lost) = lost else { return session.with_star().await?.answer(sql).await };
        // What is damaged keeps nobody from the rest.
        session.with_what_there_is(star::views()).await.answer(sql).await.map_err(|_| lost)
    }

    async fn pinned(&self, batch: &Batch, table: &'static str) -> Result<DeltaTableAt, EtlError> {
        let version = batch.of(table).ok_or(EtlError::Empty)?.version;
        DeltaTableAt::open(&self.place, table, Some(version)).await?.ok_or(EtlError::Missing { table })
    }
}
