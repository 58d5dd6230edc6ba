//! The project's chores. `cargo xtask test` is everything that has to hold before a change is accepted; the other
//! commands are its parts, and benchmarks.
#![expect(clippy::print_stdout, reason = "a command line tool talks on standard output")]

mod bench;
mod child;
mod layers;
mod openapi;
mod postgres;
mod screenshots;
mod servers;
mod soak;
mod source;
mod steps;
mod test;
mod tidy;
mod violation;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::workspace::Workspace;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "The project's chores")]
enum Command {
    /// Set-up, format, walls, tidiness, lints, supply chain, build, documents and all tests.
    Test,
    /// Checks who may depend on whom.
    Layers,
    /// Checks file lengths, names, leftovers and manifests.
    Tidy,
    /// Writes each service's openapi.json from its code.
    Openapi {
        /// Only compare, and fail where a document differs from the code.
        #[arg(long)]
        check: bool,
    },
    /// Runs the proofs that take minutes in full, and writes how they went to docs/soak.md.
    Soak {
        /// Only proofs whose name contains one of these; nothing is written then.
        names: Vec<String>,
    },
    /// Takes the pictures of the README from a demo, with Debian's chromium.
    Screenshots {
        /// The `lendery` to start; built now if it is not given.
        program: Option<PathBuf>,
    },
    /// Builds for release and prints figures beside their references; without a name, all of them.
    Bench {
        /// Which figures, and options such as `--quick`; `--help` names them all.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

fn main() -> ExitCode {
    match run(&Command::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<()> {
    let workspace = Workspace::load()?;
    match command {
        Command::Test => test::run(&workspace),
        Command::Layers => layers::check(&workspace),
        Command::Tidy => tidy::check(&workspace),
        Command::Openapi { check: false } => openapi::write(&workspace),
        Command::Openapi { check: true } => openapi::build_and_check(&workspace),
        Command::Soak { names } => soak::run(&workspace, names),
        Command::Screenshots { program } => screenshots::take(&workspace, program.clone()),
        Command::Bench { arguments } => bench::run(&workspace, arguments),
    }
}
