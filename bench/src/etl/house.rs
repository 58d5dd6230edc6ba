//! A warehouse, filled and asked by the program that operators use.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use test_kit::process::{self, Process};
use tokio::task::JoinHandle;

use super::source::Source;
use crate::platform::built;
use crate::process_table::peak_resident_megabytes;

const DEADLINE: Duration = Duration::from_mins(30);

/// How often the memory of a run is looked at; what it has at most is kept by the system until it ends.
const LOOK: Duration = Duration::from_millis(20);

pub(super) struct House {
    folder: PathBuf,
    /// The databases of the services, by the names of their settings.
    sources: [(&'static str, String); 4],
}

/// What one run did.
pub(super) struct Run {
    pub(super) batch: i64,
    pub(super) tables: Vec<TableRun>,
    pub(super) peak_megabytes: f64,
}

/// What one run did to one table.
#[derive(Debug, Clone)]
pub(super) struct TableRun {
    name: String,
    pub(super) rows: u64,
    pub(super) milliseconds: f64,
}

/// What a command said, and what it took.
pub(super) struct Told {
    text: String,
    pub(super) took: Duration,
    pub(super) peak_megabytes: f64,
}

impl House {
    pub(super) fn new(source: &Source, folder: PathBuf) -> Result<Self> {
        std::fs::create_dir(&folder)?;
        let sources = [
            ("LENDERY_ETL_USERS_DATABASE_URL", source.users_url.clone()),
            ("LENDERY_ETL_INVENTORY_DATABASE_URL", source.inventory_url.clone()),
            ("LENDERY_ETL_ORDERS_DATABASE_URL", source.orders_url.clone()),
            ("LENDERY_ETL_PAYMENTS_DATABASE_URL", source.payments_url.clone()),
        ];
        Ok(Self { folder, sources })
    }

    /// One run from its beginning to its end.
    pub(super) async fn run(&self) -> Result<Run> {
        let told = self.command(&["run", "--json"]).await?;
        let report: Value = serde_json::from_str(&told.text)?;
        let tables = report["tables"].as_array().context("a report has tables")?;
        let tables = tables.iter().map(|table| TableRun::of(table).context("a table has figures"));
        Ok(Run {
            batch: report["batch"].as_i64().context("a report has a batch")?,
            tables: tables.collect::<Result<_>>()?,
            peak_megabytes: told.peak_megabytes,
        })
    }

    /// Runs one of the commands of `etl`.
    pub(super) async fn command(&self, arguments: &[&str]) -> Result<Told> {
        let program = built()?.join("etl");
        ensure!(program.exists(), "{} is missing: `cargo xtask bench` builds it", program.display());
        let database = format!("sqlite:{}", self.folder.join("runs.db").display());
        let mut command = process::command(program);
        command
            .args(arguments)
            .envs(self.sources.iter().map(|(name, url)| (name, url)))
            .env("LENDERY_ETL_DATABASE_URL", database)
            .env("LENDERY_ETL_WAREHOUSE", self.folder.join("warehouse"))
            .env("LENDERY_ETL_PSEUDONYM_KEY", "a key for benchmarks only");
        let begun = Instant::now();
        let mut process = Process::start(&mut command);
        let watching = watch(process.id());
        let status = process.end(DEADLINE).await;
        let took = begun.elapsed();
        if !status.success() {
            bail!("etl {}: {}", arguments.join(" "), process.stderr());
        }
        Ok(Told { text: process.stdout(), took, peak_megabytes: watching.await? })
    }
}

impl Run {
    pub(super) fn of(&self, table: &str) -> Result<TableRun> {
        self.tables.iter().find(|found| found.name == table).cloned().with_context(|| format!("a run has a {table}"))
    }
}

impl TableRun {
    fn of(table: &Value) -> Option<Self> {
        let duration = Duration::from_millis(table["duration_ms"].as_u64()?);
        let name = table["table"].as_str()?.to_owned();
        Some(Self { name, rows: table["rows"].as_u64()?, milliseconds: milliseconds(duration) })
    }
}

pub(super) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// The most memory that a process has had, as last seen before its end.
fn watch(id: u32) -> JoinHandle<f64> {
    tokio::spawn(async move {
        let mut most = 0.0;
        while let Ok(megabytes) = peak_resident_megabytes(id) {
            most = megabytes;
            tokio::time::sleep(LOOK).await;
        }
        most
    })
}
