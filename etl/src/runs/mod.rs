//! The warehouse's own small database: who is running, and what each run did.

mod erased;
mod lease;
mod reconciliations;
mod store;

pub(crate) use lease::Lease;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use service_kit::clock::Clock;

use self::store::{Bind, Store};
use crate::EtlError;
use crate::address::Address;
use crate::report::{Outcome, Run, RunReport};

const TABLES: [&str; 5] = [
    "CREATE TABLE IF NOT EXISTS etl_property (name text PRIMARY KEY, value text NOT NULL)",
    "CREATE TABLE IF NOT EXISTS etl_lease (name text PRIMARY KEY, holder text NOT NULL, expires_at bigint NOT NULL)",
    "CREATE TABLE IF NOT EXISTS etl_erased (
        member text PRIMARY KEY,
        noted_at bigint NOT NULL,
        forgotten_at bigint
    )",
    "CREATE TABLE IF NOT EXISTS etl_run (
        id text PRIMARY KEY,
        started_at bigint NOT NULL,
        finished_at bigint,
        outcome text NOT NULL,
        error text,
        report text
    )",
    "CREATE TABLE IF NOT EXISTS etl_reconciliation (
        id text PRIMARY KEY,
        started_at bigint NOT NULL,
        finished_at bigint NOT NULL,
        outcome text NOT NULL,
        error text,
        report text
    )",
];

/// How long a record is kept.
const KEPT: TimeDelta = TimeDelta::days(90);

/// The records of runs. Times are microseconds since 1970, which both databases keep alike.
#[derive(Debug, Clone)]
pub(crate) struct Runs {
    store: Store,
}

/// The record of a run that is under way.
#[derive(Debug)]
pub(crate) struct Record(String);

/// A run that failed, and what it brought nevertheless.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) error: EtlError,
    pub(crate) report: Option<RunReport>,
}

impl From<EtlError> for Failed {
    fn from(error: EtlError) -> Self {
        Self { error, report: None }
    }
}

/// Beginning, end, outcome, error, report.
type Row = (i64, Option<i64>, String, Option<String>, Option<String>);

/// Marks the id of a record.
enum Recorded {}

impl Runs {
    /// The records at an address, of which nothing is asked yet.
    pub(crate) fn at(address: &Address) -> Self {
        Self { store: Store::connect(address) }
    }

    /// Makes sure that the database can be used, and has its tables.
    pub(crate) async fn prepare(&self, address: &Address) -> Result<(), EtlError> {
        match address {
            Address::Sqlite(path) => self.store.open_file(path, &TABLES).await,
            Address::Postgres(_) => self.store.create(&TABLES).await,
        }
    }

    /// Keeps `value` under `name` unless something is kept there already, and tells what is kept.
    pub(crate) async fn keep_first(&self, name: &str, value: &str) -> Result<String, EtlError> {
        let sql = "INSERT INTO etl_property (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
        self.store.execute(sql, &[Bind::from(name), Bind::from(value)]).await?;
        Ok(self.kept(name).await?.unwrap_or_else(|| value.to_owned()))
    }

    /// Keeps `value` under `name` instead of what was kept there.
    pub(crate) async fn keep(&self, name: &str, value: &str) -> Result<(), EtlError> {
        let sql = "INSERT INTO etl_property (name, value) VALUES ($1, $2)
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.store.execute(sql, &[Bind::from(name), Bind::from(value)]).await.map(drop)
    }

    /// What is kept under `name`.
    pub(crate) async fn kept(&self, name: &str) -> Result<Option<String>, EtlError> {
        let kept = self.store.rows("SELECT value FROM etl_property WHERE name = $1", &[Bind::from(name)]).await?;
        Ok(kept.into_iter().next().map(|(value,): (String,)| value))
    }

    /// What is kept under names that begin with `prefix`, by the rest of each name.
    pub(crate) async fn kept_under(&self, prefix: &str) -> Result<HashMap<String, String>, EtlError> {
        let rows: Vec<(String, String)> = self.store.rows("SELECT name, value FROM etl_property", &[]).await?;
        let rest = |(name, value): (String, String)| Some((name.strip_prefix(prefix)?.to_owned(), value));
        Ok(rows.into_iter().filter_map(rest).collect())
    }

    /// When the database of runs was first opened.
    pub(crate) async fn created_at(&self, clock: &Clock) -> Result<DateTime<Utc>, EtlError> {
        let now = clock.now();
        let kept = self.keep_first("created_at", &now.to_rfc3339()).await?;
        Ok(kept.parse().unwrap_or(now))
    }

    /// Records that a run has begun. Whoever calls it holds the lease, so whatever still seems to run has died.
    pub(crate) async fn began(&self, clock: &Clock) -> Result<Record, EtlError> {
        let now = clock.now();
        let died = "UPDATE etl_run SET outcome = 'failed', error = $1 WHERE outcome = 'running'";
        self.store.execute(died, &[Bind::from("it was stopped before its end; the next run continued it")]).await?;
        let old = "DELETE FROM etl_run WHERE started_at < $1";
        self.store.execute(old, &[Bind::from(now - KEPT)]).await?;
        let record = Record(clock.new_id::<Recorded>().to_string());
        let sql = "INSERT INTO etl_run (id, started_at, outcome) VALUES ($1, $2, 'running')";
        self.store.execute(sql, &[Bind::from(&record.0), Bind::from(now)]).await?;
        Ok(record)
    }

    pub(crate) async fn ended(
        &self,
        Record(id): &Record,
        at: DateTime<Utc>,
        outcome: &Result<RunReport, Failed>,
    ) -> Result<(), EtlError> {
        let (word, error, report) = match outcome {
            Ok(report) => ("succeeded", None, Some(report)),
            Err(failed) => ("failed", Some(failed.error.to_string()), failed.report.as_ref()),
        };
        let report = report.and_then(|report| serde_json::to_string(report).ok());
        let sql = "UPDATE etl_run SET finished_at = $1, outcome = $2, error = $3, report = $4 WHERE id = $5";
        let error = error.map_or(Bind::NoText, Bind::Text);
        let report = report.map_or(Bind::NoText, Bind::Text);
        self.store.execute(sql, &[Bind::from(at), Bind::from(word), error, report, Bind::from(id)]).await.map(drop)
    }

    /// The newest first.
    pub(crate) async fn last(&self, count: i64) -> Result<Vec<Run>, EtlError> {
        let sql = "SELECT started_at, finished_at, outcome, error, report FROM etl_run ORDER BY id DESC LIMIT $1";
        let rows = self.store.rows(sql, &[Bind::Number(count)]).await?;
        Ok(rows.into_iter().map(run).collect())
    }

    /// When the last run began that has ended well. One that seems to have begun later than now was dated by a clock that was
    /// ahead.
    pub(crate) async fn last_success(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, EtlError> {
        let sql = "SELECT started_at, finished_at, outcome, error, report FROM etl_run
                   WHERE outcome = 'succeeded' AND started_at <= $1 ORDER BY started_at DESC LIMIT 1";
        let rows = self.store.rows(sql, &[Bind::from(now)]).await?;
        Ok(rows.into_iter().next().map(|row| run(row).started_at))
    }
}

fn run((started_at, finished_at, outcome, error, report): Row) -> Run {
    Run {
        started_at: time(started_at),
        finished_at: finished_at.map(time),
        outcome: match outcome.as_str() {
            "succeeded" => Outcome::Succeeded,
            "failed" => Outcome::Failed,
            _ => Outcome::Running,
        },
        error,
        report: report.and_then(|report| serde_json::from_str(&report).ok()),
    }
}

fn time(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::UNIX_EPOCH)
}
