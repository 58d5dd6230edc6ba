//! The order service as a process of its own.

use std::process::ExitCode;

use order_service::{Config, Deps, run};

/// Statements are built, and rows decoded, all the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    service_kit::process::main(env!("CARGO_PKG_VERSION"), |config: Config, process| async move {
        let deps = Deps::of_process(&config, process.ops).await?;
        run(config, deps, process.listener, process.shutdown).await
    })
}
