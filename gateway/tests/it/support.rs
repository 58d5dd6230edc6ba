//! A gateway with Lendery's own routes, and upstreams that do as they are told.

mod origin;
mod raw;
mod tls;

use std::net::SocketAddr;
use std::time::Duration;

use gateway::{Config, Deps, Listening};
use service_kit::RunError;
use service_kit::clock::{Clock, Hands};
use service_kit::ops::Ops;
use test_kit::http::Client;
use test_kit::redis_cluster::RedisCluster;
use test_kit::wait_until;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) use origin::{Origin, Seen, reply};
pub(crate) use raw::ask;
pub(crate) use tls::{connect, renew};

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
    started(config, clock, hands, 7, Vec::new()).await
}

/// One that listens to a service's events.
pub(crate) async fn listening(config: Config, to: Listening) -> Gateway {
    let (clock, hands) = Clock::manual(Clock::system().now());
    started(config, clock, hands, 7, vec![to]).await
}

/// One of several gateways that share a Redis Cluster, by the machine's own clock.
pub(crate) async fn sharing(mut config: Config, redis: &RedisCluster, seed: u64) -> Gateway {
    config.redis_urls = redis.urls().to_vec();
    let (_, hands) = Clock::manual(Clock::system().now());
    started(config, Clock::system(), hands, seed, Vec::new()).await
}

async fn started(config: Config, clock: Clock, hands: Hands, seed: u64, listening: Vec<Listening>) -> Gateway {
    let shutdown = CancellationToken::new();
    let ops = Ops::new("test", shutdown.clone());
    let http = peer::http_client(Duration::from_millis(500)).unwrap();
    let deps = Deps { clock, ops: ops.clone(), http, seed, listening };
    let (listener, ops_listener) = (local().await, local().await);
    let (address, ops_address) = (listener.local_addr().unwrap(), ops_listener.local_addr().unwrap());
    let ended = tokio::spawn(gateway::run(config, deps, listener, shutdown.clone()));
    tokio::spawn(ops.serve(ops_listener, CancellationToken::new()));
    let client = Client::new(format!("http://{address}"));
    let ops = Client::new(format!("http://{ops_address}"));
    Gateway { address, client, ops, hands, shutdown, ended }
}

impl Gateway {
    /// Waits until so many requests wait for what others fetch.
    pub(crate) async fn until_waiting(&self, requests: usize) {
        let line = format!("lendery_gateway_waiting {requests}");
        let are_waiting = async || {
            let metrics = String::from_utf8(self.ops.get("/metrics").await.expect(200).body).unwrap();
            metrics.lines().any(|said| said == line)
        };
        wait_until(&format!("{requests} requests wait"), SOON, are_waiting).await;
    }

    /// Waits until it uses what other gateways store.
    pub(crate) async fn until_in_step(&self) {
        // The operations listener may be there before the gateway has its pages on it.
        let is_in_step = async || {
            let answer = self.ops.get("/ops/cache").await;
            answer.status == 200 && answer.json()["shared"] == true
        };
        wait_until("the gateway knows what others purge", SOON, is_in_step).await;
    }
}

async fn local() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}
