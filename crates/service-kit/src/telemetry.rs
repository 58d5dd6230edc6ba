//! Logs, on standard error so that standard output stays free for what a command prints; and traces, for a collector that
//! speaks OTLP.

mod export;
mod fields;
mod metrics;
mod spans;
mod wire;

use std::io::IsTerminal;
use std::str::FromStr;

use peer::HttpClient;
use tracing_subscriber::filter::{FilterExt, LevelFilter, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, fmt};

pub use export::{Collector, Exporter, Exporting, ParseCollectorError, spans};
pub use wire::Sender;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// The format has a name that is not known.
#[derive(Debug, thiserror::Error)]
#[error("the log format is `text` or `json`")]
pub struct ParseLogFormatError;

impl FromStr for LogFormat {
    type Err = ParseLogFormatError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(ParseLogFormatError),
        }
    }
}

/// The filter of log lines is not understood.
#[derive(Debug, thiserror::Error)]
#[error("the log filter `{filter}` is not understood: {source}; try `info` or `info,gateway=debug`")]
pub struct TelemetryError {
    filter: String,
    source: tracing_subscriber::filter::ParseError,
}

/// Whom spans are sent to.
#[derive(Debug)]
pub struct Traces {
    pub collector: Collector,
    pub sender: Sender,
    pub http: HttpClient,
}

/// Whether a filter of log lines is understood.
///
/// # Errors
/// As [`start`].
pub fn check(filter: &str) -> Result<(), TelemetryError> {
    to_filter(filter).map(drop)
}

fn to_filter(filter: &str) -> Result<EnvFilter, TelemetryError> {
    EnvFilter::try_new(filter).map_err(|source| TelemetryError { filter: filter.to_owned(), source })
}

/// Starts logging for the whole process. Called once, first in `main`; a second call changes nothing.
///
/// # Errors
/// When `filter` is no filter of tracing's, such as `info,gateway=debug`.
pub fn start(filter: &str, format: LogFormat) -> Result<(), TelemetryError> {
    start_with(filter, format, None).map(drop)
}

/// As [`start`], and records spans where they are sent to somebody. The exporter then waits to be started.
///
/// # Errors
/// As [`start`].
pub fn start_with(filter: &str, format: LogFormat, traces: Option<Traces>) -> Result<Option<Exporter>, TelemetryError> {
    let env_filter = to_filter(filter)?;
    let is_terminal = std::io::stderr().is_terminal();
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(is_terminal);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // Nor are spans of a collector made for the sake of lines.
    let of_lines = filter_fn(|metadata| !spans::is_for_collectors(metadata)).with_max_level_hint(LevelFilter::TRACE);
    let subscriber = Registry::default().with(lines.with_filter(env_filter.and(of_lines)));
    // A subscriber that is already there belongs to a test harness and stays.
    let Some(Traces { collector, sender, http }) = traces else {
        let _already_set = subscriber.try_init();
        return Ok(None);
    };
    let (recorder, exporter) = export::spans(collector, sender, http);
    let _already_set = subscriber.with(recorder).try_init();
    Ok(Some(exporter))
}
