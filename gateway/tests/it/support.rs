//! A gateway with Lendery's own routes, and upstreams that do as they are told.

mod origin;
mod raw;

use std::net::SocketAddr;
use std::time::Duration;

use gateway::{Config, Deps};
use service_kit::RunError;
use service_kit::clock::{Clock, Hands};
use service_kit::ops::Ops;
use test_kit::http::Client;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) use origin::{Origin, reply};
pub(crate) use raw::ask;

/// Long enough for whatever happens at all.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// A running gateway.
pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    pub(crate) client: Client,
    pub(crate) ops: Client,
    /// Moves the clock by which the cache ages.
    pub(crate) hands: Hands,
    pub(crate) shutdown: CancellationToken,
    pub(crate) ended: JoinHandle<Result<(), RunError>>,
}

/// One gateway whose services are all the same origin.
pub(crate) async fn before(origin: &Origin) -> Gateway {
    configured(before_both(origin, origin)).await
}

/// Lendery's routes to these two services.
pub(crate) fn before_both(users: &Origin, inventory: &Origin) -> Config {
    let upstreams = [("users", users.url()), ("inventory", inventory.url())].into_iter().collect();
    let mut config = Config { upstreams, ..Config::default() };
    // Lifetimes as they are told, so that tests can meet their ends.
    config.cache.ttl_jitter_percent = 0;
    config
}

pub(crate) async fn configured(config: Config) -> Gateway {
    let (clock, hands) = Clock::manual(Clock::system().now());
    let shutdown = CancellationToken::new();
    let ops = Ops::new("test", shutdown.clone());
    let http = peer::http_client(Duration::from_millis(500)).unwrap();
    let deps = Deps { clock, ops: ops.clone(), http, seed: 7 };
    let (listener, ops_listener) = (local().await, local().await);
    let (address, ops_address) = (listener.local_addr().unwrap(), ops_listener.local_addr().unwrap());
    let ended = tokio::spawn(gateway::run(config, deps, listener, shutdown.clone()));
    tokio::spawn(ops.serve(ops_listener, CancellationToken::new()));
    let client = Client::new(format!("http://{address}"));
    let ops = Client::new(format!("http://{ops_address}"));
    Gateway { address, client, ops, hands, shutdown, ended }
}

async fn local() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}
