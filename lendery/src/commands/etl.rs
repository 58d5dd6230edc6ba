use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use comfy_table::{Table, TableStyle};
use etl::{LoadKind, NamedReport, Outcome, Progress, QueryResult, REPORTS, RunReport, Status, Warehouse};
use indicatif::ProgressBar;
use serde_json::{Map, Value};
use service_kit::clock::Clock;

use crate::cli::{Etl, RowFormat};
use crate::data_dir::{DataDir, Secrets};
use crate::stack::Settings;

pub(super) async fn run(path: &Path, command: Etl) -> anyhow::Result<()> {
    let data_dir = DataDir::existing(path)?;
    let config = Settings::load(&data_dir)?.etl_with(&Secrets::open(&data_dir)?);
    let warehouse = Warehouse::open(&config, Clock::system()).await?;
    match command {
        Etl::Run => print(&as_table(&copy(&warehouse).await?)),
        Etl::Status => print(&status(&warehouse.status().await?)),
        Etl::Query { sql, format } => print(&rows(&warehouse.query(&sql).await?, format)?),
        Etl::Maintain => print(&format!("Batch {} has every table tidied.", warehouse.maintain().await?)),
        Etl::Report { name: None, .. } => print(&reports()),
        Etl::Report { name: Some(name), csv } => {
            let format = if csv { RowFormat::Csv } else { RowFormat::Table };
            print(&rows(&warehouse.report(named(&name)?).await?, format)?);
        }
    }
    Ok(())
}

fn named(name: &str) -> anyhow::Result<NamedReport> {
    let names = || REPORTS.map(|report| report.name).join(", ");
    NamedReport::named(name).with_context(|| format!("there is no report `{name}`; the reports are {}", names()))
}

fn reports() -> String {
    let mut table = plain(&["report", "what it says"]);
    for report in REPORTS {
        table.add_row([report.name, report.about()]);
    }
    table.trim_fmt()
}

/// One run, with a line that says what it is at.
async fn copy(warehouse: &Warehouse) -> anyhow::Result<RunReport> {
    let bar = ProgressBar::new_spinner();
    bar.set_message("beginning; a run that is under way is waited for");
    bar.enable_steady_tick(Duration::from_millis(100));
    let report = warehouse.run_once(&|progress| bar.set_message(spoken(&progress))).await;
    bar.finish_and_clear();
    Ok(report?)
}

fn spoken(progress: &Progress) -> String {
    match progress {
        Progress::Reading { table } => format!("reading {table}"),
        Progress::Rows { table, rows } => format!("{table}: {rows} rows"),
        Progress::Table(table) => format!("{} is done", table.table),
        Progress::Batch { batch } => format!("batch {batch} is complete"),
    }
}

fn as_table(report: &RunReport) -> String {
    let mut table = plain(&["table", "load", "rows", "deleted", "bytes", "ms"]);
    for part in &report.tables {
        let numbers = [part.rows, part.deleted, part.bytes, part.duration_ms].map(|number| number.to_string());
        table.add_row([part.table.clone(), load(part.kind).to_owned()].into_iter().chain(numbers));
    }
    format!("{}\n\nBatch {} in {} ms.", table.trim_fmt(), report.batch, report.duration_ms)
}

fn load(kind: LoadKind) -> &'static str {
    match kind {
        LoadKind::FirstLoad => "first",
        LoadKind::Changes => "changes",
        LoadKind::Reload => "whole again",
        LoadKind::Unchanged => "unchanged",
    }
}

fn status(status: &Status) -> String {
    let mut runs = plain(&["started", "outcome", "seconds", "rows", "note"]);
    for run in &status.runs {
        let seconds = run.finished_at.map(|end| (end - run.started_at).as_seconds_f64());
        let copied = run.report.as_ref().map(|report| report.tables.iter().map(|table| table.rows).sum::<u64>());
        runs.add_row([
            run.started_at.format("%F %T UTC").to_string(),
            outcome(run.outcome).to_owned(),
            seconds.map(|seconds| format!("{seconds:.1}")).unwrap_or_default(),
            copied.map(|rows| rows.to_string()).unwrap_or_default(),
            run.error.clone().unwrap_or_default(),
        ]);
    }
    let Some(batch) = status.batch else {
        return format!("{}\n\nThe warehouse is empty; `lendery etl run` fills it.", runs.trim_fmt());
    };
    let mut tables = plain(&["table", "version", "up to"]);
    for table in &status.tables {
        tables.add_row([table.table.clone(), table.version.to_string(), table.watermark.to_string()]);
    }
    format!("{}\n\nBatch {batch}:\n\n{}", runs.trim_fmt(), tables.trim_fmt())
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Running => "running",
        Outcome::Succeeded => "succeeded",
        Outcome::Failed => "failed",
    }
}

fn rows(result: &QueryResult, format: RowFormat) -> anyhow::Result<String> {
    Ok(match format {
        RowFormat::Json => {
            let named = |row: &Vec<Value>| result.columns.iter().cloned().zip(row.iter().cloned()).collect();
            let objects: Vec<Map<String, Value>> = result.rows.iter().map(named).collect();
            let text = serde_json::to_string_pretty(&objects)?;
            warn_of_more(result);
            text
        }
        RowFormat::Csv => {
            let mut lines = csv::Writer::from_writer(Vec::new());
            lines.write_record(&result.columns)?;
            for row in &result.rows {
                lines.write_record(row.iter().map(shown))?;
            }
            warn_of_more(result);
            String::from_utf8(lines.into_inner()?)?.trim_end().to_owned()
        }
        RowFormat::Table => {
            let mut table = plain(&[]);
            table.set_header(&result.columns);
            for row in &result.rows {
                table.add_row(row.iter().map(shown));
            }
            warn_of_more(result);
            table.trim_fmt()
        }
    })
}

/// On standard error, so that what reads the rows reads only rows.
#[expect(clippy::print_stderr, reason = "a note beside the outcome of a command")]
fn warn_of_more(result: &QueryResult) {
    if result.truncated {
        eprintln!("These are the first {} rows; narrow the query to see the others.", result.rows.len());
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn plain(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(TableStyle::new()).set_header(header);
    table
}

#[expect(clippy::print_stdout, reason = "the outcome of a command")]
fn print(text: &str) {
    println!("{text}");
}
