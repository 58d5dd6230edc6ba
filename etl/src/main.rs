//! `etl`: the warehouse's schedule as a process of its own.

use std::process::ExitCode;

use etl::{Config, Deps};
use service_kit::process;

fn main() -> ExitCode {
    process::main(env!("CARGO_PKG_VERSION"), |config: Config, process| async move {
        let deps = Deps::of_process(&config, process.ops)?;
        etl::run(config, deps, process.listener, process.shutdown).await
    })
}
