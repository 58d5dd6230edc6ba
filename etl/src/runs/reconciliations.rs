//! The records of comparisons with the sources.

use chrono::{DateTime, Utc};
use service_kit::clock::Clock;

use super::store::Bind;
use super::{KEPT, Recorded, Runs, time};
use crate::EtlError;
use crate::report::{Compared, Reconciliation, RecordedReconciliation};

/// Beginning, end, outcome, error, report.
type Row = (i64, i64, String, Option<String>, Option<String>);

impl Runs {
    /// Records a comparison that has ended.
    pub(crate) async fn reconciled(
        &self,
        clock: &Clock,
        began: DateTime<Utc>,
        outcome: &Result<Reconciliation, EtlError>,
    ) -> Result<(), EtlError> {
        let old = "DELETE FROM etl_reconciliation WHERE started_at < $1";
        self.store.execute(old, &[Bind::from(began - KEPT)]).await?;
        let report = outcome.as_ref().ok().and_then(|report| serde_json::to_string(report).ok());
        let error = outcome.as_ref().err().map(ToString::to_string);
        let sql = "INSERT INTO etl_reconciliation (id, started_at, finished_at, outcome, error, report)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let binds = [
            Bind::from(&clock.new_id::<Recorded>().to_string()),
            Bind::from(began),
            Bind::from(clock.now()),
            Bind::from(Compared::of(outcome.as_ref()).word()),
            error.map_or(Bind::NoText, Bind::Text),
            report.map_or(Bind::NoText, Bind::Text),
        ];
        self.store.execute(sql, &binds).await.map(drop)
    }

    /// The newest first.
    pub(crate) async fn reconciliations(&self, count: i64) -> Result<Vec<RecordedReconciliation>, EtlError> {
        let sql = "SELECT started_at, finished_at, outcome, error, report FROM etl_reconciliation
                   ORDER BY id DESC LIMIT $1";
        let rows = self.store.rows(sql, &[Bind::Number(count)]).await?;
        Ok(rows.into_iter().map(recorded).collect())
    }
}

fn recorded((started_at, finished_at, outcome, error, report): Row) -> RecordedReconciliation {
    RecordedReconciliation {
        started_at: time(started_at),
        finished_at: time(finished_at),
        outcome: match outcome.as_str() {
            "equal" => Compared::Equal,
            "different" => Compared::Different,
            _ => Compared::Failed,
        },
        error,
        report: report.and_then(|report| serde_json::from_str(&report).ok()),
    }
}
