//! One command, one file.

mod admin;
mod backup;
mod cache;
mod config;
mod doctor;
mod etl;
mod import;
mod instance;
mod keys;
mod migrate_db;
mod openapi;
mod orders;
mod payments;
mod simulate;
mod up;

use std::process::ExitCode;

use service_kit::process::traces;
use service_kit::telemetry::{self, LogFormat};

use crate::cli::{Cli, Command, ConfigCommand};

/// Runs what was asked for. An error is one sentence with the remedy in it.
pub(crate) async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let data_dir = &cli.place.data_dir;
    let (filter, collector) = match &cli.command {
        Command::Up(up) => (up.log.as_str(), up.traces_to.clone()),
        Command::Etl(_) => (::etl::LOG_FILTER, None),
        _ => ("error", None),
    };
    let traces = collector.map(|collector| traces(collector, "lendery", env!("CARGO_PKG_VERSION"))).transpose()?;
    let exporter = telemetry::start_with(filter, LogFormat::Text, traces)?;
    match cli.command {
        Command::Up(up) => up::run(data_dir, up, exporter).await?,
        Command::Import(import) => Box::pin(import::run(data_dir, import)).await?,
        Command::Admin(admin) => Box::pin(admin::run(data_dir, admin)).await?,
        Command::Keys(keys) => Box::pin(keys::run(data_dir, keys)).await?,
        Command::Cache(cache) => cache::run(data_dir, cache).await?,
        Command::Orders(orders) => Box::pin(orders::run(data_dir, orders)).await?,
        Command::Payments(payments) => Box::pin(payments::run(data_dir, payments)).await?,
        Command::Simulate(simulate) => simulate::run(simulate).await?,
        Command::Etl(command) => return etl::run(data_dir, command).await,
        Command::Backup(command) => backup::run(data_dir, command).await?,
        Command::MigrateDb(arguments) => migrate_db::run(data_dir, arguments).await?,
        Command::Config(ConfigCommand::Print) => config::print(data_dir)?,
        Command::Doctor(arguments) => return doctor::run(data_dir, &arguments).await,
        Command::Openapi { service } => openapi::print(&service)?,
    }
    Ok(ExitCode::SUCCESS)
}
