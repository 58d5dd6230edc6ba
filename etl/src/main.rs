//! `etl`: the warehouse's schedule as a process of its own.

use std::process::ExitCode;

use etl::{Config, Deps};
use service_kit::clock::Clock;
use service_kit::process::{self, Process};

fn main() -> ExitCode {
    process::main(env!("CARGO_PKG_VERSION"), |config: Config, Process { listener, ops, shutdown }| {
        etl::run(config, Deps { clock: Clock::system(), ops }, listener, shutdown)
    })
}
