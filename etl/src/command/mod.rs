//! What operators say to the warehouse on a command line; the same words as `etl …` and as `lendery etl …`.

mod tables;

use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value};
use service_kit::clock::Clock;
use service_kit::shutdown;
use tokio_util::sync::CancellationToken;

use crate::schedule::Schedule;
use crate::{Config, EtlError, Maintained, NamedReport, Progress, QueryResult, REPORTS, Warehouse};

/// Moments at which runs are due that are shown.
const SHOWN_MOMENTS: usize = 5;

/// What a command logs, as tracing filters it. What Delta Lake complains of is told as an error anyway, or is no failure, such as a
/// table not yet there.
pub const LOG_FILTER: &str = "error,etl=warn,buoyant_kernel=off,deltalake_core=off";

/// What can be asked of the warehouse.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Copy what has changed into the warehouse, now.
    Run {
        /// What it did as one JSON document, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Show when runs are due by the schedule.
    Schedule,
    /// Show the last runs and what the warehouse holds.
    Status,
    /// Ask the warehouse in SQL, such as `select event, count(*) from fact_item_event group by event`.
    Query {
        sql: String,
        /// How the rows are printed.
        #[arg(long, value_enum, default_value_t = RowFormat::Table)]
        format: RowFormat,
    },
    /// Show what a report says, or without a name which reports there are.
    Report {
        name: Option<String>,
        /// As CSV, for spreadsheets and programs.
        #[arg(long)]
        csv: bool,
    },
    /// Compare every row of the sources with the warehouse. Ends with 1 when a table differs.
    Reconcile {
        /// As one JSON document, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Put small files of the warehouse together and remove old ones.
    Maintain,
}

/// How rows are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RowFormat {
    /// For people.
    Table,
    /// One array of objects.
    Json,
    /// With a header line.
    Csv,
}

/// Bytes of stack a thread needs that reads a question as long as one may be: each `+` or `or` of it is a step down.
pub const STACK: usize = 64 * 1024 * 1024;

/// Does what was asked for, on a thread with so much of a [`STACK`], and prints the outcome on standard output.
///
/// # Errors
/// When a setting cannot be used, otherwise what failed.
pub async fn execute(config: &Config, clock: Clock, command: Command) -> Result<ExitCode, EtlError> {
    let warehouse = match command {
        Command::Query { .. } | Command::Report { .. } => Warehouse::open_to_ask(config, clock.clone())?,
        _ => Warehouse::open(config, clock.clone()).await?,
    };
    // Whoever stops it waits for nothing, and the next one for no lease.
    let stop = shutdown::on_signal().map_err(|cause| EtlError::Signals { cause })?;
    let told = match command {
        Command::Run { json } => {
            let line = Line::begin("beginning; a run that is under way is waited for", &warehouse);
            let report = Box::pin(warehouse.run_until(&stop, &|progress| line.say(&progress))).await?;
            drop(line);
            if json { document(&report) } else { tables::run(&report) }
        }
        Command::Schedule => scheduled(&warehouse, config, &clock).await?,
        Command::Status => tables::status(&warehouse.status().await?),
        Command::Query { sql, format } => rows(&unless(&stop, warehouse.query(&sql)).await?, format),
        Command::Report { name: None, .. } => tables::reports(),
        Command::Report { name: Some(name), csv } => {
            let format = if csv { RowFormat::Csv } else { RowFormat::Table };
            rows(&unless(&stop, warehouse.report(named(&name)?)).await?, format)
        }
        Command::Reconcile { json } => return reconcile(&warehouse, &stop, json).await,
        Command::Maintain => tidied(&Box::pin(warehouse.maintain_until(&stop)).await?),
    };
    print(&told)?;
    Ok(ExitCode::SUCCESS)
}

/// What was asked for, unless whoever asked gives up.
async fn unless<T>(stop: &CancellationToken, asked: impl Future<Output = Result<T, EtlError>>) -> Result<T, EtlError> {
    stop.run_until_cancelled(asked).await.ok_or(EtlError::Stopped)?
}

fn named(name: &str) -> Result<NamedReport, EtlError> {
    let names = || REPORTS.map(|report| report.name).join(", ");
    NamedReport::named(name).ok_or_else(|| EtlError::NoReport { name: name.to_owned(), names: names() })
}

async fn scheduled(warehouse: &Warehouse, config: &Config, clock: &Clock) -> Result<String, EtlError> {
    let schedule: Schedule = config.schedule.parse()?;
    let last = warehouse.last_success().await?;
    // What was missed is caught up by one run as soon as something runs the schedule.
    let mut due = schedule.after(last.unwrap_or(warehouse.created_at())).max(clock.now());
    let mut moments = Vec::new();
    for _ in 0..SHOWN_MOMENTS {
        moments.push(due);
        due = schedule.after(due);
    }
    Ok(tables::schedule(&config.schedule, last, &moments))
}

fn tidied(Maintained { batch, waiting }: &Maintained) -> String {
    if waiting.is_empty() {
        return format!("Batch {batch} has every table tidied.");
    }
    let waiting = waiting.join(", ");
    format!("Batch {batch} is tidied but for {waiting}, which hold more than it says: run, and tidy again.")
}

async fn reconcile(warehouse: &Warehouse, stop: &CancellationToken, json: bool) -> Result<ExitCode, EtlError> {
    let line = Line::begin("beginning", warehouse);
    let outcome = Box::pin(warehouse.reconcile_until(stop, &|progress| line.say(&progress))).await?;
    drop(line);
    print(&if json { document(&outcome) } else { tables::reconciliation(&outcome) })?;
    Ok(if outcome.is_equal() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A line on a terminal that says how many of the tables a command is through with and what it is at, and is gone with this
/// value.
struct Line {
    bar: ProgressBar,
    /// In the order they are gone through.
    tables: Vec<&'static str>,
}

impl Line {
    fn begin(first: &'static str, warehouse: &Warehouse) -> Self {
        let tables: Vec<_> = warehouse.tables().map(|table| table.raw).collect();
        let bar = ProgressBar::new(u64::try_from(tables.len()).unwrap_or_default());
        let style = ProgressStyle::with_template("{spinner} {bar:20} {pos}/{len} tables, {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_message(first);
        bar.enable_steady_tick(Duration::from_millis(100));
        Self { bar, tables }
    }

    fn say(&self, progress: &Progress) {
        let before = |table: &str| self.tables.iter().position(|known| *known == table);
        let through = match progress {
            // A comparison may begin anew.
            Progress::Reading { table } => before(table),
            Progress::Table(report) => before(&report.table).map(|tables| tables + 1),
            Progress::Rows { .. } | Progress::Batch { .. } => None,
        };
        if let Some(through) = through.and_then(|tables| u64::try_from(tables).ok()) {
            self.bar.set_position(through);
        }
        self.bar.set_message(spoken(progress));
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn spoken(progress: &Progress) -> String {
    match progress {
        Progress::Reading { table } => format!("reading {table}"),
        Progress::Rows { table, rows } => format!("{table}: {rows} rows"),
        Progress::Table(table) => format!("{} is done", table.table),
        Progress::Batch { batch } => format!("batch {batch} is complete"),
    }
}

fn rows(result: &QueryResult, format: RowFormat) -> String {
    warn_of_more(result);
    match format {
        RowFormat::Json => {
            let named = |row: &Vec<Value>| result.columns.iter().cloned().zip(row.iter().cloned()).collect();
            let objects = result.rows.iter().map(|row| Value::Object(named(row))).collect();
            format!("{:#}", Value::Array(objects))
        }
        RowFormat::Csv => result.to_csv().trim_end().to_owned(),
        RowFormat::Table => tables::rows(result),
    }
}

fn document(value: &impl serde::Serialize) -> String {
    format!("{:#}", serde_json::to_value(value).unwrap_or_else(|_| Value::Object(Map::new())))
}

/// On standard error, so that what reads the rows reads only rows.
#[expect(clippy::print_stderr, reason = "a note beside the outcome of a command")]
fn warn_of_more(result: &QueryResult) {
    if result.truncated {
        eprintln!("These are the first {} rows; narrow the query to see the others.", result.rows.len());
    }
}

fn print(text: &str) -> Result<(), EtlError> {
    let mut output = std::io::stdout().lock();
    match writeln!(output, "{text}").and_then(|()| output.flush()) {
        // Whoever reads it has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|cause| EtlError::Output { cause }),
    }
}
