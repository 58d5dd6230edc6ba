//! Logs, on standard error so that standard output stays free for what a command prints.

use std::io::IsTerminal;
use std::str::FromStr;

use tracing_subscriber::EnvFilter;

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

/// Starts logging for the whole process. Called once, first in `main`; a second call changes nothing.
///
/// # Errors
/// When `filter` is no filter of tracing's, such as `info,gateway=debug`.
pub fn start(filter: &str, format: LogFormat) -> Result<(), TelemetryError> {
    let env_filter =
        EnvFilter::try_new(filter).map_err(|source| TelemetryError { filter: filter.to_owned(), source })?;
    let is_terminal = std::io::stderr().is_terminal();
    let lines =
        tracing_subscriber::fmt().with_env_filter(env_filter).with_writer(std::io::stderr).with_ansi(is_terminal);
    // A subscriber that is already there belongs to a test harness and stays.
    let _already_set = match format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    Ok(())
}
