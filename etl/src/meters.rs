//! What Prometheus sees of the warehouse: its own names are the only labels.

use std::sync::atomic::AtomicU64;

use chrono::{DateTime, Utc};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use crate::EtlError;
use crate::report::{Compared, Reconciliation, RunReport, TableReport};
use crate::source::{Source, Table};

type Seconds = Gauge<f64, AtomicU64>;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfTable {
    table: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSource {
    source: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    outcome: &'static str,
}

/// The gauges and counters of one warehouse; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meters {
    rows: Family<OfTable, Counter>,
    bytes: Family<OfTable, Counter>,
    unknown_columns: Family<OfTable, Gauge>,
    held_up: Family<OfSource, Seconds>,
    runs: Family<Ended, Counter>,
    last_duration: Seconds,
    last_success: Seconds,
    reconciliations: Family<Ended, Counter>,
    differing: Gauge,
}

impl Meters {
    pub(crate) fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("etl");
        registry.register("rows", "Rows and deletions added to the warehouse", self.rows.clone());
        registry.register("written", "Size of the files that were added", self.bytes.clone());
        let unknown = "Columns of a source of which nobody has decided anything; they are left out";
        registry.register("unknown_columns", unknown, self.unknown_columns.clone());
        let held_up = "Age of the oldest writing transaction of a source, up to which a run can read at most";
        registry.register_with_unit("ceiling_age", held_up, Unit::Seconds, self.held_up.clone());
        registry.register("runs", "Runs by how they ended", self.runs.clone());
        let duration = "How long the last run took that ended well";
        registry.register_with_unit("last_duration", duration, Unit::Seconds, self.last_duration.clone());
        let success = "When the last run began that ended well, since 1970; the time since then is the lag";
        registry.register_with_unit("last_success", success, Unit::Seconds, self.last_success.clone());
        let compared = "Comparisons with the sources by what they came to";
        registry.register("reconciliations", compared, self.reconciliations.clone());
        let differing = "Tables that differed from their source when they were last compared";
        registry.register("differing_tables", differing, self.differing.clone());
    }

    pub(crate) fn unknown_columns(&self, table: &Table, count: usize) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.unknown_columns.get_or_create(&OfTable { table: table.raw.to_owned() }).set(count);
    }

    pub(crate) fn held_up(&self, source: Source, seconds: f64) {
        self.held_up.get_or_create(&OfSource { source: source.name }).set(seconds);
    }

    pub(crate) fn loaded(&self, report: &TableReport) {
        let table = OfTable { table: report.table.clone() };
        self.rows.get_or_create(&table).inc_by(report.rows + report.deleted);
        self.bytes.get_or_create(&table).inc_by(report.bytes);
    }

    pub(crate) fn ended(&self, began: DateTime<Utc>, outcome: Result<&RunReport, &EtlError>) {
        let word = match outcome {
            Ok(report) => {
                self.last_duration.set(std::time::Duration::from_millis(report.duration_ms).as_secs_f64());
                self.succeeded(began);
                "succeeded"
            }
            Err(EtlError::Stopped) => "stopped",
            Err(_) => "failed",
        };
        self.runs.get_or_create(&Ended { outcome: word }).inc();
    }

    /// A run that began then has ended well.
    pub(crate) fn succeeded(&self, began: DateTime<Utc>) {
        // Exact for thousands of years: a float holds whole numbers up to 2^53.
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit into 53 bits")]
        self.last_success.set(began.timestamp_millis() as f64 / 1e3);
    }

    /// What the last comparison came to.
    pub(crate) fn compared(&self, report: &Reconciliation) {
        self.differing.set(i64::try_from(report.different().count()).unwrap_or(i64::MAX));
    }

    pub(crate) fn reconciled(&self, outcome: Result<&Reconciliation, &EtlError>) {
        if let Ok(report) = outcome {
            self.compared(report);
        }
        self.reconciliations.get_or_create(&Ended { outcome: Compared::of(outcome).word() }).inc();
    }
}
