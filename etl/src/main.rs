//! `etl`: the warehouse's schedule as a process of its own, and the operator's commands.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use etl::{Command, Config, Deps};
use service_kit::clock::Clock;
use service_kit::config::{Variables, load};
use service_kit::process::{self, ProcessConfig};
use service_kit::telemetry::{self, Collector, LogFormat};

/// Without a command it runs the schedule until it is stopped.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// A TOML file with settings; variables override it.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How long calls are still taken after being asked to stop, milliseconds.
    #[arg(long, env = "LENDERY_LINGER_MS", value_name = "MS", default_value_t = 0)]
    linger_ms: u64,
    /// Where the schedule's spans of recorded traces are sent over OTLP/HTTP, such as `http://collector:4318`. Without it none are recorded.
    #[arg(long, env = "LENDERY_TRACES_TO", value_name = "URL")]
    traces_to: Option<Collector>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command {
        Some(command) => obey(arguments.config.as_deref(), command),
        None => process::main(env!("CARGO_PKG_VERSION"), |config: Config, process| async move {
            let deps = Deps::of_process(&config, process.ops)?;
            etl::run(config, deps, process.listener, process.shutdown).await
        }),
    }
}

#[expect(clippy::print_stderr, reason = "a command says on standard error why it failed")]
fn obey(file: Option<&Path>, command: Command) -> ExitCode {
    let done = || -> Result<ExitCode, Box<dyn std::error::Error>> {
        let config = load::<Config>(file, Config::PREFIX, &Variables::of_process())?.settings;
        telemetry::start(etl::LOG_FILTER, LogFormat::Text)?;
        // Rows are read and files written at the same time.
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).thread_stack_size(etl::STACK).enable_all().build()?;
        // As a task: otherwise this thread would do it, and be woken by another one for every few rows that arrive.
        let task = runtime.spawn(async move { Box::pin(etl::execute(&config, Clock::system(), command)).await });
        Ok(runtime.block_on(task)??)
    };
    done().unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}
