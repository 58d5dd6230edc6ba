//! `lendery`: everything in one process with `lendery up`, and the operator's commands.

mod cli;
mod commands;
mod data_dir;
mod demo;
mod stack;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};

// Threads of the system allocator each keep what they have freed: after the start of a demo it holds twice as much as this one
// (docs/figures.md). This one would ask for huge pages and fill a third of them, which its feature `no_thp` forbids.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[expect(clippy::print_stderr, reason = "a command says on standard error why it failed")]
fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    // Not for all: where the system hands out huge pages, a stack as large as this one begins with two megabytes.
    if matches!(cli.command, Command::Etl(_)) {
        runtime.thread_stack_size(etl::STACK);
    }
    let runtime = match runtime.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the system refused the threads to run on: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(Box::pin(commands::run(cli))) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
