//! The gateway as a process of its own.

use std::process::ExitCode;
use std::time::Duration;

use gateway::{Config, Deps, Listening, Threads};
use service_kit::RunError;
use service_kit::clock::Clock;
use service_kit::process;
use service_kit::serve::Crew;

/// Memory of answers and of requests is got and given back all the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A service on the same network that does not accept within this time is not there. Two attempts fit into a second.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(400);

fn main() -> ExitCode {
    process::main(env!("CARGO_PKG_VERSION"), |config: Config, process| async move {
        let http = peer::http_client(CONNECT_TIMEOUT).map_err(|error| RunError::Settings(error.to_string()))?;
        let seed = rand::random();
        let listening = Listening::of_process(&config, &http, seed).await?;
        let crew = Crew::muster().map_err(|error| RunError::Settings(format!("no threads to serve with: {error}")))?;
        let client = || peer::http_client(CONNECT_TIMEOUT).map_err(|error| RunError::Settings(error.to_string()));
        let http_of_each = crew.runtimes().map(|id| Ok((id, client()?))).collect::<Result<_, RunError>>()?;
        let threads = Threads { hands: crew.hands(), http: http_of_each };
        let deps = Deps { clock: Clock::system(), ops: process.ops, http, seed, listening };
        gateway::run_by(threads, config, deps, process.listener, process.shutdown).await
    })
}
