//! The pages as a process of their own.

use std::process::ExitCode;

use web::{Config, Deps, run};

fn main() -> ExitCode {
    service_kit::process::main(env!("CARGO_PKG_VERSION"), |config: Config, process| async move {
        let deps = Deps::of_process(&config, process.ops)?;
        run(config, deps, process.listener, process.shutdown).await
    })
}
