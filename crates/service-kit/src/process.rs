//! A service as a process of its own: configuration, logs, two listeners, signals, exit code.

use std::fmt::Display;
use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Mistake;
use crate::ops::Ops;
use crate::telemetry::{self, Collector, LogFormat, Sender, Traces};
use crate::{RunError, config, shutdown};

/// A collector that does not accept within this time is not there.
const COLLECTOR: Duration = Duration::from_secs(1);

/// The configuration of a service that can run as a process of its own.
pub trait ProcessConfig: Default + Serialize + DeserializeOwned {
    /// What its variables begin with, such as `LENDERY_USERS`.
    const PREFIX: &'static str;

    /// What the process itself needs to know.
    fn process(&self) -> ProcessSettings;

    /// What is wrong with settings that can be read, all of it. Default: nothing that its service would not say itself.
    fn mistakes(&self) -> Vec<Mistake> {
        Vec::new()
    }
}

/// Where a process listens and how it logs.
#[derive(Debug, Clone)]
pub struct ProcessSettings {
    /// `host:port` of the service.
    pub listen: String,
    /// `host:port` of its operations listener, which must not be public.
    pub ops_listen: String,
    /// A filter as tracing writes it, such as `info,gateway=debug`.
    pub log_filter: String,
    pub log_format: LogFormat,
}

/// What a started process hands to its service.
#[derive(Debug)]
pub struct Process {
    pub listener: TcpListener,
    pub ops: Ops,
    pub shutdown: CancellationToken,
}

#[derive(Debug, Parser)]
struct Arguments {
    /// A TOML file with settings; variables override it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How long calls are still taken after being asked to stop, milliseconds, while /readyz says no: balancers have this
    /// long to turn elsewhere, so that a restart breaks nothing.
    #[arg(long, env = "LENDERY_LINGER_MS", value_name = "MS", default_value_t = 0)]
    linger_ms: u64,
    /// Where spans of recorded traces are sent over OTLP/HTTP, such as `http://collector:4318`. Without it none are recorded.
    #[arg(long, env = "LENDERY_TRACES_TO", value_name = "URL")]
    traces_to: Option<Collector>,
}

/// Runs a service until it is asked to stop. Whatever ends it early is one sentence on standard error and exit code 1.
pub fn main<C, F>(version: &'static str, service: impl FnOnce(C, Process) -> F) -> ExitCode
where
    C: ProcessConfig,
    F: Future<Output = Result<(), RunError>>,
{
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    match runtime.block_on(start(version, arguments, service)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// Binds an address.
///
/// # Errors
/// A sentence that names the address and what helps.
pub async fn bind(address: &str) -> Result<TcpListener, RunError> {
    TcpListener::bind(address).await.map_err(|error| {
        let remedy = match error.kind() {
            std::io::ErrorKind::AddrInUse => "another process has it; stop that one, or choose another port",
            std::io::ErrorKind::PermissionDenied => "ports below 1024 need privileges; choose a higher one",
            _ => "it has to be host:port of this machine",
        };
        RunError::Settings(format!("cannot listen on {address}: {error}; {remedy}"))
    })
}

async fn start<C, F>(
    version: &'static str,
    arguments: Arguments,
    service: impl FnOnce(C, Process) -> F,
) -> Result<(), RunError>
where
    C: ProcessConfig,
    F: Future<Output = Result<(), RunError>>,
{
    let settings = |error: &dyn Display| RunError::Settings(error.to_string());
    let variables = config::Variables::of_process();
    let config: C = config::load_checked(arguments.config.as_deref(), C::PREFIX, &variables, C::mistakes)
        .map_err(|e| settings(&e))?
        .settings;
    let process = config.process();
    let traces = arguments.traces_to.map(|collector| traces(collector, C::PREFIX, version)).transpose()?;
    let exporter = telemetry::start_with(&process.log_filter, process.log_format, traces).map_err(|e| settings(&e))?;
    let draining = shutdown::on_signal().map_err(|e| settings(&e))?;
    let shutdown = shutdown::after(draining.clone(), Duration::from_millis(arguments.linger_ms));
    let listener = bind(&process.listen).await?;
    let ops_listener = bind(&process.ops_listen).await?;
    let ops = Ops::new(version, draining);
    let exporting = exporter.map(|exporter| exporter.start(&ops));
    tracing::info!(listen = %process.listen, ops_listen = %process.ops_listen, "starting");
    // The operations listener outlives the drain, so that it can say that the process is stopping.
    let ops_shutdown = CancellationToken::new();
    let serving_ops = tokio::spawn(ops.clone().serve(ops_listener, ops_shutdown.clone()));
    let ended = service(config, Process { listener, ops, shutdown }).await;
    if let Some(exporting) = exporting {
        exporting.finish().await;
    }
    ops_shutdown.cancel();
    match serving_ops.await {
        Ok(served) => ended.and(served.map_err(RunError::from)),
        Err(panic) => {
            ended.and(Err(RunError::Background { what: "the operations listener", cause: panic.to_string() }))
        }
    }
}

/// What is needed to send spans to a collector, in the name of the process whose settings begin with `prefix`.
///
/// # Errors
/// When the system refuses what a client needs.
pub fn traces(collector: Collector, prefix: &str, version: &'static str) -> Result<Traces, RunError> {
    let http = peer::http_client(COLLECTOR).map_err(|error| RunError::Settings(error.to_string()))?;
    Ok(Traces { collector, sender: Sender { process: prefix.to_lowercase().replace('_', "-"), version }, http })
}

#[expect(clippy::print_stderr, reason = "the one place where a process says why it ends")]
fn failed(error: &dyn Display) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::FAILURE
}
