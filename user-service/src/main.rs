//! The user service as a process of its own.

use std::process::ExitCode;
use std::sync::Arc;

use cache::InProcess;
use service_kit::clock::Clock;
use service_kit::process;
use service_kit::randomness::Randomness;
use user_service::{Config, Deps, run};

fn main() -> ExitCode {
    process::main(env!("CARGO_PKG_VERSION"), |config: Config, process| async move {
        let deps = Deps {
            clock: Clock::system(),
            randomness: Randomness::system(),
            ops: process.ops,
            credentials: config.credentials()?,
            cache: Arc::new(InProcess::new(config.session_cache_bytes)),
        };
        run(config, deps, process.listener, process.shutdown).await
    })
}
