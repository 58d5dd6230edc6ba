//! The warehouse: a full load beside COPY, changes in a large table beside a small one, a run with nothing to do, what the
//! source's writers feel of it, and its reports.

mod house;
mod source;
mod writers;

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;
use test_kit::postgres;

use crate::figure::{Figure, median};
use crate::platform::directory;
use house::{House, milliseconds};
use source::Source;

/// How much there is to measure.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Size {
    /// Reservations in the source of the warehouse; figures are about 1 and 10 million.
    #[arg(long, default_value_t = 1_000_000)]
    facts: u64,
}

/// The table that changes are compared with, at most.
const SMALL: u64 = 100_000;

/// Changes of one run.
const CHANGES: u64 = 1_000;

const REPORTS: [&str; 11] = [
    "most_lent",
    "idle_items",
    "demand",
    "late_returns",
    "top_borrowers",
    "owners",
    "members",
    "active_members",
    "revenue",
    "funnel",
    "deposits",
];

/// The largest part of a house that shows whether it runs.
const QUICK: u64 = 20_000;

/// A full load takes at most so many times as long as COPY, whose rows reach another process and are thrown away there. What the
/// server throws away itself reaches nobody, and is told beside it.
const LOAD_OVER_COPY: f64 = 2.0;

/// A run over a large table takes at most so many times as long as over a small one.
const LARGE_OVER_SMALL: f64 = 1.2;

/// Of the transactions of the source, so many in a hundred may be missing beside a run.
const MISSING: f64 = 3.0;

/// Windows with a run, and one more without. They differ by several percent for no reason, so many are averaged.
const PAIRS: usize = 20;

/// How often each way of measuring is tried, and for how long writers write.
#[derive(Debug, Clone, Copy)]
struct Effort {
    rounds: usize,
    pairs: usize,
    window: Duration,
}

/// Everything about the warehouse, on PostgreSQL.
pub(crate) async fn measure(Size { facts }: Size, quick: bool) -> Result<Vec<Figure>> {
    let facts = if quick { QUICK } else { facts };
    let effort = if quick {
        Effort { rounds: 1, pairs: 1, window: Duration::from_secs(2) }
    } else {
        Effort { rounds: 7, pairs: PAIRS, window: Duration::from_secs(10) }
    };
    let server = postgres::Server::start(&["fsync=on", "synchronous_commit=on", "max_wal_size=4GB"]);
    let directory = directory()?;
    let source = Source::fill(server.url(), "large", facts).await?;
    let house = House::new(&source, directory.path().join("large"))?;
    let small_source = Source::fill(server.url(), "small", (facts / 10).min(SMALL)).await?;
    let small = House::new(&small_source, directory.path().join("small"))?;

    let mut figures = full_load(&source, &house, directory.path(), effort).await?;
    small.run().await?;
    let both = ((&source, &house), (&small_source, &small));
    figures.push(told("1,000 changes in the large table", changes(both.0, both.1, effort).await));
    figures.push(told("a table of which nothing changed", nothing(&house, effort).await));
    figures.push(reports(&house, facts).await);
    figures.push(told(
        "transactions of the source that are missing beside a run",
        beside_writers(&source, &house, effort).await,
    ));
    figures.push(told("every row compared with its source", reconciliation(&source, &house).await));
    Ok(figures)
}

/// A figure, or in its place why there is none, so that the others are not lost with it.
fn told(name: &'static str, measured: Result<Figure>) -> Figure {
    measured.unwrap_or_else(|error| Figure {
        name,
        measured: f64::INFINITY,
        bound: 0.0,
        unit: "",
        reference: format!("none: {error:#}"),
    })
}

/// The house is filled for what comes after; the others are there to be measured, as often as the pauses of the machine need.
async fn full_load(source: &Source, house: &House, folder: &Path, effort: Effort) -> Result<Vec<Figure>> {
    let (mut copied, mut sent, mut loaded, mut most) = (Vec::new(), Vec::new(), Vec::new(), 0.0);
    #[expect(clippy::cast_precision_loss, reason = "millions of rows")]
    let a_million = 1e6 / source.facts as f64;
    let seconds = |milliseconds: f64| milliseconds * a_million / 1e3;
    for round in 0..effort.rounds {
        copied.push(seconds(milliseconds(source.copy().await?)));
        sent.push(seconds(milliseconds(source.copy_out().await?)));
        let trial = folder.join(format!("trial-{round}"));
        let other = (round > 0).then(|| House::new(source, trial.clone())).transpose()?;
        let run = other.as_ref().unwrap_or(house).run().await?;
        let load = run.of("raw_reservations")?;
        ensure!(load.rows == source.facts, "{} rows were loaded", load.rows);
        loaded.push(seconds(load.milliseconds));
        most = f64::max(most, run.peak_megabytes);
        if other.is_some() {
            std::fs::remove_dir_all(trial)?;
        }
    }
    let (copied, sent, loaded) = (median(&mut copied), median(&mut sent), median(&mut loaded));
    Ok(vec![
        Figure {
            name: "a full load of a million rows, PostgreSQL to Delta",
            measured: loaded,
            bound: sent * LOAD_OVER_COPY,
            unit: "s",
            reference: format!(
                "COPY binary, thrown away by psql {sent:.2} s, ratio {:.2}, by the server itself {copied:.2} s; {} rows",
                sent / loaded,
                source.facts
            ),
        },
        Figure {
            name: "resident memory during a full load, the most",
            measured: most,
            bound: 512.0,
            unit: "MB",
            reference: format!("{} rows", source.facts),
        },
    ])
}

async fn changes(large: (&Source, &House), small: (&Source, &House), effort: Effort) -> Result<Figure> {
    let (mut in_large, mut in_small) = (Vec::new(), Vec::new());
    for round in 0..=effort.rounds {
        for ((source, house), samples) in [(large, &mut in_large), (small, &mut in_small)] {
            source.change(CHANGES, round).await?;
            let took = house.run().await?.of("raw_reservations")?;
            ensure!(took.rows >= CHANGES, "{} changes were read", took.rows);
            // The first run after a full load still looks for statistics that PostgreSQL does not have yet.
            if round > 0 {
                samples.push(took.milliseconds);
            }
        }
    }
    let small_ms = median(&mut in_small);
    Ok(Figure {
        name: "1,000 changes in the large table",
        measured: median(&mut in_large),
        bound: small_ms * LARGE_OVER_SMALL,
        unit: "ms",
        reference: format!("in {} rows {small_ms:.0} ms; {} rows", small.0.facts, large.0.facts),
    })
}

async fn nothing(house: &House, effort: Effort) -> Result<Figure> {
    let before = house.run().await?.batch;
    let mut each = Vec::new();
    for _ in 0..effort.rounds {
        let run = house.run().await?;
        ensure!(run.batch == before, "a batch was committed although nothing had changed");
        each.extend(run.tables.iter().map(|table| table.milliseconds));
    }
    Ok(Figure {
        name: "a table of which nothing changed",
        measured: median(&mut each),
        bound: 10.0,
        unit: "ms",
        reference: format!("the slowest {:.0} ms; no commit", each.last().copied().unwrap_or_default()),
    })
}

/// Windows without a run and with one take turns. A run has the changes of the one window before it, as on a schedule of as many
/// seconds: those of its own are brought away unmeasured. Each window with a run is laid beside the two around it, so that
/// what a source slows down by in the course of time, as its tables grow and are vacuumed, is laid to neither.
async fn beside_writers(source: &Source, house: &House, effort: Effort) -> Result<Figure> {
    let window = async |run: bool| {
        source.checkpoint().await?;
        let run = async { if run { house.run().await.map(drop) } else { Ok(()) } };
        writers::per_second(source, effort.window, run).await
    };
    window(true).await?;
    house.run().await?;
    let (mut alone, mut missing) = (vec![window(false).await?], Vec::new());
    for _ in 0..effort.pairs {
        let before = alone.last().copied().unwrap_or_default();
        let beside = window(true).await?;
        house.run().await?;
        let after = window(false).await?;
        alone.push(after);
        missing.push((1.0 - 2.0 * beside / (before + after)) * 100.0);
    }
    let (mean, error) = mean(&missing);
    Ok(Figure {
        name: "transactions of the source that are missing beside a run",
        measured: mean,
        bound: MISSING,
        unit: "%",
        reference: format!(
            "{:.0} a second without; a run every {} s, on the same cores; the mean of {} windows, its standard error {error:.1}",
            median(&mut alone),
            effort.window.as_secs(),
            missing.len()
        ),
    })
}

/// The mean of samples, and its standard error.
fn mean(samples: &[f64]) -> (f64, f64) {
    #[expect(clippy::cast_precision_loss, reason = "some twenty samples")]
    let count = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / count;
    let variance = samples.iter().map(|sample| (sample - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
    (mean, (variance / count).sqrt())
}

/// Each report once; one that is refused takes for ever.
#[expect(clippy::cast_precision_loss, reason = "millions of rows")]
async fn reports(house: &House, facts: u64) -> Figure {
    let (mut slowest, mut each) = (0.0, Vec::new());
    for report in REPORTS {
        let (took, said) = match house.command(&["report", report, "--csv"]).await {
            Ok(told) => {
                let took = milliseconds(told.took) / 1e3;
                (took, format!("{report} {took:.2} s"))
            }
            Err(error) => (f64::INFINITY, format!("{report}: {error:#}")),
        };
        slowest = f64::max(slowest, took);
        each.push(said);
    }
    Figure {
        name: "the slowest report",
        measured: slowest,
        // A second of a million, and of more as much more.
        bound: (facts as f64 / 1e6).max(1.0),
        unit: "s",
        reference: format!(
            "{facts} reservations, some thousand changed once, and {} orders; with the start of the program: {}",
            facts / source::RESERVATIONS_OF_AN_ORDER,
            each.join(", ")
        ),
    }
}

async fn reconciliation(source: &Source, house: &House) -> Result<Figure> {
    let copy = source.copy_all().await?;
    let told = house.command(&["reconcile", "--json"]).await?;
    Ok(Figure {
        name: "every row compared with its source",
        measured: milliseconds(told.took) / 1e3,
        bound: 20.0 * copy.as_secs_f64(),
        unit: "s",
        reference: format!(
            "20 times COPY of the largest tables, {:.2} s; the most memory {:.0} MB",
            copy.as_secs_f64(),
            told.peak_megabytes
        ),
    })
}
