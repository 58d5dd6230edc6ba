//! The gateway as a process of its own.

use std::process::ExitCode;
use std::time::Duration;

use gateway::{Config, Deps, Listening};
use service_kit::RunError;
use service_kit::clock::Clock;
use service_kit::process;

/// A service on the same network that does not accept within this time is not there. Two attempts fit into a second.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(400);

fn main() -> ExitCode {
    process::main(env!("CARGO_PKG_VERSION"), |config: Config, process| async move {
        let http = peer::http_client(CONNECT_TIMEOUT).map_err(|error| RunError::Settings(error.to_string()))?;
        let seed = rand::random();
        let listening = Listening::of_process(&config, &http, seed).await?;
        let deps = Deps { clock: Clock::system(), ops: process.ops, http, seed, listening };
        gateway::run(config, deps, process.listener, process.shutdown).await
    })
}
