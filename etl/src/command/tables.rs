//! What a command found, for people.

use chrono::{DateTime, Utc};
use comfy_table::{Table, TableStyle};
use serde_json::Value;

use crate::{Difference, LoadKind, Outcome, QueryResult, REPORTS, Reconciliation, RunReport, Status, Verdict};

pub(super) fn run(report: &RunReport) -> String {
    let mut table = plain(&["table", "load", "rows", "deleted", "bytes", "ms"]);
    for part in &report.tables {
        let load = match part.kind {
            LoadKind::FirstLoad => "first",
            LoadKind::Changes => "changes",
            LoadKind::Reload => "whole again",
            LoadKind::Unchanged => "unchanged",
        };
        let numbers = [part.rows, part.deleted, part.bytes, part.duration_ms].map(|number| number.to_string());
        table.add_row([part.table.clone(), load.to_owned()].into_iter().chain(numbers));
    }
    format!("{}\n\nBatch {} in {} ms.", table.trim_fmt(), report.batch, report.duration_ms)
}

pub(super) fn schedule(line: &str, last: Option<DateTime<Utc>>, moments: &[DateTime<Utc>]) -> String {
    let last =
        last.map_or_else(|| "no run has ended well yet".to_owned(), |last| format!("the last run began {}", at(last)));
    let moments: Vec<_> = moments.iter().map(|moment| format!("    {}", at(*moment))).collect();
    format!("Schedule {line}; {last}. Runs are due:\n\n{}", moments.join("\n"))
}

pub(super) fn status(status: &Status) -> String {
    let mut runs = plain(&["started", "outcome", "seconds", "rows", "note"]);
    for run in &status.runs {
        let seconds = run.finished_at.map(|end| (end - run.started_at).as_seconds_f64());
        let copied = run.report.as_ref().map(|report| report.tables.iter().map(|table| table.rows).sum::<u64>());
        let outcome = match run.outcome {
            Outcome::Running => "running",
            Outcome::Succeeded => "succeeded",
            Outcome::Failed => "failed",
        };
        runs.add_row([
            at(run.started_at),
            outcome.to_owned(),
            seconds.map(|seconds| format!("{seconds:.1}")).unwrap_or_default(),
            copied.map(|rows| rows.to_string()).unwrap_or_default(),
            run.error.clone().unwrap_or_default(),
        ]);
    }
    let Some(batch) = status.batch else {
        return format!("{}\n\nThe warehouse is empty; `lendery etl run` fills it.", runs.trim_fmt());
    };
    let compared = status.reconciliations.first().map_or_else(
        || "It has not been compared with its sources yet.".to_owned(),
        |last| format!("Compared with its sources {}: {}.", at(last.started_at), last.outcome.word()),
    );
    let mut tables = plain(&["table", "version", "up to"]);
    for table in &status.tables {
        tables.add_row([table.table.clone(), table.version.to_string(), table.watermark.to_string()]);
    }
    format!("{}\n\nBatch {batch}:\n\n{}\n\n{compared}", runs.trim_fmt(), tables.trim_fmt())
}

pub(super) fn reports() -> String {
    let mut table = plain(&["report", "what it says"]);
    for report in REPORTS {
        table.add_row([report.name, report.about()]);
    }
    table.trim_fmt()
}

pub(super) fn rows(result: &QueryResult) -> String {
    let mut table = plain(&[]);
    table.set_header(&result.columns);
    for row in &result.rows {
        table.add_row(row.iter().map(|value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }));
    }
    table.trim_fmt()
}

pub(super) fn reconciliation(outcome: &Reconciliation) -> String {
    let mut table = plain(&["table", "", "rows in the source", "in the warehouse", "changed since"]);
    let mut keys = plain(&["table", "key", "what"]);
    for part in &outcome.tables {
        let verdict = match part.verdict {
            Verdict::Equal => "equal",
            Verdict::Different => "DIFFERENT",
            Verdict::NotCompared => "not compared: `run` reads it or says why not",
        };
        let numbers = [part.source_rows, part.warehouse_rows, part.pending].map(|number| number.to_string());
        table.add_row([part.table.clone(), verdict.to_owned()].into_iter().chain(numbers));
        for difference in &part.differences {
            let what = match difference.what {
                Difference::Missing => "missing in the warehouse",
                Difference::Surplus => "not in the source",
                Difference::Changed => "other values",
            };
            keys.add_row([part.table.as_str(), difference.key.as_str(), what]);
        }
    }
    let told = format!("{}\n\nBatch {} beside its sources.", table.trim_fmt(), outcome.batch);
    if outcome.is_equal() { told } else { format!("{told}\n\n{}\n\n{REMEDY}", keys.trim_fmt()) }
}

/// What helps when the warehouse does not equal its sources.
const REMEDY: &str =
    "To fill a table anew, move its folder away and run; keep the folder for whoever looks for the cause.";

fn at(time: DateTime<Utc>) -> String {
    time.format("%F %T UTC").to_string()
}

fn plain(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(TableStyle::new()).set_header(header);
    table
}
