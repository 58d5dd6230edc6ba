//! Figures of the built `lendery`, each measured beside its reference in the same run on the same machine: a number alone
//! says more about the machine than about the program. `cargo xtask bench` builds and runs it.
#![expect(clippy::print_stdout, reason = "a command line tool talks on standard output")]

mod etl;
mod figure;
mod gateway;
mod identity;
mod inventory;
mod load;
mod memory;
mod nginx;
mod orders;
mod platform;
mod process_table;
mod production;
mod start;
mod write;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, ValueEnum};

use crate::figure::Figure;

/// Prints figures beside their references; without a name, all of them.
#[derive(Debug, Parser)]
struct Arguments {
    names: Vec<Name>,
    /// Measures just enough to see that it runs; the figures mean nothing then.
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    inventory: inventory::Sizes,
    #[command(flatten)]
    etl: etl::Size,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    /// The warehouse: a full load beside COPY, changes, a run with nothing to do, writers beside it, reports.
    Etl,
    /// The gateway in front of the services beside nginx's `proxy_cache`, and by itself beside nginx, HAProxy and Varnish.
    Gateway,
    /// What validations and logins cost, and what a flood of logins does to everybody else.
    Identity,
    /// Lists, searches, calendars, reservations and imports of a million items.
    Inventory,
    /// Resident memory after 100,000 cached reads.
    Memory,
    /// What an order costs, embedded and on PostgreSQL, and when who waits for it is told.
    Orders,
    /// Pages where they are made, with 100,000 items on SQLite.
    Pages,
    /// The production topology on one machine: until it is ready, and restarted under load.
    Production,
    /// Time until requests are served.
    Start,
    /// Latency of a validated write, beside one fsync.
    Write,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match measure(&Arguments::parse()).await {
        Ok(figures) => {
            println!("{}", figure::table(&figures));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(arguments: &Arguments) -> Result<Vec<Figure>> {
    let &Arguments { ref names, quick, inventory, etl } = arguments;
    let mut figures = Vec::new();
    for name in Name::value_variants().iter().filter(|name| names.is_empty() || names.contains(name)) {
        figures.extend(match name {
            Name::Etl => etl::measure(etl, quick).await?,
            Name::Gateway => gateway::measure(quick).await?,
            Name::Identity => identity::measure(quick).await?,
            Name::Inventory => inventory::measure(inventory, quick).await?,
            Name::Memory => memory::measure().await?,
            Name::Orders => orders::measure(quick).await?,
            Name::Pages => inventory::pages::measure(inventory, quick).await?,
            Name::Production => production::measure(quick).await?,
            Name::Start => start::measure().await?,
            Name::Write => write::measure().await?,
        });
    }
    Ok(figures)
}
