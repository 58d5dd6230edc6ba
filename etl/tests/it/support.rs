//! A warehouse of its own for each test.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use etl::{Config, LoadKind, NamedReport, RunReport, TableComparison, TableReport, Verdict, Warehouse};
use serde_json::Value;
use service_kit::clock::{Clock, Hands};
use tempfile::TempDir;
use test_kit::{Engine, TestDatabase};
use vocabulary::Secret;

use crate::readers::RAW;
use crate::source::Sources;

pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// A warehouse and the sources it is filled from; everything is gone when this value is dropped.
pub(crate) struct House {
    pub(crate) sources: Sources,
    pub(crate) warehouse: Warehouse,
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) hands: Hands,
    folder: TempDir,
    _runs: TestDatabase,
}

impl House {
    pub(crate) async fn on(database: TestDatabase) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runs = TestDatabase::on(database.engine()).await;
        let sources = Sources::on(database).await;
        let start: DateTime<Utc> = "2026-03-01T12:00:00Z".parse().unwrap();
        let (clock, hands) = Clock::manual(start);
        let config = Config {
            users_database_url: sources.url.clone(),
            inventory_database_url: sources.url.clone(),
            orders_database_url: sources.url.clone(),
            payments_database_url: sources.url.clone(),
            database_url: Secret::new(runs.url()),
            warehouse: folder.path().join("warehouse"),
            pseudonym_key: Secret::new("a key of enough bytes"),
            ..Config::default()
        };
        let warehouse = Warehouse::open(&config, clock.clone()).await.unwrap();
        Self { sources, warehouse, config, clock, hands, folder, _runs: runs }
    }

    pub(crate) async fn on_engine(engine: Engine) -> Self {
        Self::on(TestDatabase::on(engine).await).await
    }

    /// Runs a minute after the last run, once nothing is running any more that began before the last change, so that the
    /// run reads all there is and the next one none of it again.
    pub(crate) async fn run(&self) -> RunReport {
        self.sources.settle().await;
        self.run_now().await
    }

    /// Runs a minute after the last run, whatever else is running.
    pub(crate) async fn run_now(&self) -> RunReport {
        self.hands.advance(Duration::from_secs(60));
        self.warehouse.run_once(&|_| {}).await.unwrap()
    }

    /// Runs again until this is so.
    pub(crate) async fn run_until(&self, sql: &str, wanted: Value) {
        test_kit::wait_until(&format!("{sql} to be {wanted}"), DEADLINE, async || {
            self.run().await;
            self.value(sql).await == wanted
        })
        .await;
    }

    pub(crate) async fn rows(&self, sql: &str) -> Vec<Vec<Value>> {
        self.warehouse.query(sql).await.unwrap_or_else(|error| panic!("{error}: {sql}")).rows
    }

    /// Every table was compared with all that is in it, and none differs.
    pub(crate) async fn equals_its_sources(&self) {
        let compared = self.warehouse.reconcile(&|_| {}).await.unwrap();
        assert_eq!(compared.tables.len(), RAW.len());
        let is_equal = |table: &TableComparison| table.verdict == Verdict::Equal && table.pending == 0;
        assert!(compared.tables.iter().all(is_equal), "{compared:?}");
    }

    /// The one value of an answer.
    pub(crate) async fn value(&self, sql: &str) -> Value {
        self.rows(sql).await.into_iter().flatten().next().expect("a value")
    }

    /// What a report says.
    pub(crate) async fn report(&self, name: &str) -> Vec<Vec<Value>> {
        let report = NamedReport::named(name).expect("there is such a report");
        self.warehouse.report(report).await.unwrap_or_else(|error| panic!("{error}: {name}")).rows
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Every file of the warehouse.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.config.warehouse.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        found.sort();
        found
    }
}

/// Knuth's linear congruential generator: the same numbers for the same seed.
#[derive(Default)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// What a run did to one table.
pub(crate) fn of<'a>(report: &'a RunReport, table: &str) -> &'a TableReport {
    report.tables.iter().find(|found| found.table == table).expect("every table is in a report")
}

pub(crate) fn did(report: &RunReport, table: &str) -> (LoadKind, u64, u64) {
    let table = of(report, table);
    (table.kind, table.rows, table.deleted)
}
