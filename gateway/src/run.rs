use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use cache::{RedisSettings, Shelf};
use http::HeaderValue;
use peer::{HttpClient, Peer};
use service_kit::RunError;
use service_kit::clock::Clock;
use service_kit::ops::Ops;
use service_kit::process;
use service_kit::serve::tls::{Tls, TlsFiles, serve_tls};
use service_kit::serve::{Hands, Limits, serve_connections_by};
use tokio::net::TcpListener;
use tokio::runtime::Id;
use tokio::sync::RwLock;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::cache::policy::Rules;
use crate::cache::{Cache, Settings, Shared};
use crate::config::{Config, RouteConfig, UpstreamConfig};
use crate::cors::Cors;
use crate::credentials::Credentials;
use crate::edge::{Edge, Gateway};
use crate::host::Hosts;
use crate::ids::Ids;
use crate::listen::{Listening, listen};
use crate::metrics::{Metrics, SharedMetrics, Watched};
use crate::rates::Rates;
use crate::routes::{Cached, Route, Table};
use crate::{ops, pages};

/// Values under these keys are the gateway's; its wire form has a version of its own.
const NAMESPACE: &str = "gateway";

/// Within which the second tier has to answer. Whoever waited in vain still has to ask the upstream, and together that is to be within
/// 20 ms; a cluster that is well answers within three.
const SHARED_TIMEOUT: Duration = Duration::from_millis(14);

/// What the gateway takes from outside.
#[derive(Debug, Clone)]
pub struct Deps {
    pub clock: Clock,
    /// Gets the gateway's metrics and its pages under `/ops/`.
    pub ops: Ops,
    /// Carries the calls to all upstreams.
    pub http: HttpClient,
    /// Feeds ids and jitter, nothing secret; of several gateways each has another.
    pub seed: u64,
    /// Services whose events change what others show.
    pub listening: Vec<Listening>,
}

/// Who serves connections: by default whoever runs the gateway.
#[derive(Debug, Default)]
pub struct Threads {
    pub hands: Hands,
    /// A client for each of their schedulers, so that a request and what it asks of an upstream stay on one thread.
    pub http: Vec<(Id, HttpClient)>,
}

/// Serves until `shutdown` is cancelled and what had begun is answered.
///
/// # Errors
/// When the configuration has mistakes, all of which are named, or when the listener fails for good.
pub async fn run(
    config: Config,
    deps: Deps,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), RunError> {
    run_by(Threads::default(), config, deps, listener, shutdown).await
}

/// As [`run`], with connections served by threads of their own.
///
/// # Errors
/// As [`run`].
pub async fn run_by(
    threads: Threads,
    config: Config,
    deps: Deps,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), RunError> {
    let listening = deps.listening.clone();
    let gateway = Arc::new(build(&config, deps, &threads.http)?);
    let over = CancellationToken::new();
    let _ends_with_this = over.clone().drop_guard();
    accompany(&gateway, listening, &over);
    let (writes, cache) = (gateway.writes.clone(), Arc::clone(&gateway.cache));
    let (proxies, turned_away) = (gateway.proxies.clone(), gateway.metrics.turned_away.clone());
    let limits = Limits { proxies, turned_away, ..config.limits.to_limits() };
    let edge_for =
        move |client| Edge { connection: gateway.metrics.connection(), gateway: Arc::clone(&gateway), client };
    let secure = secure_listener(&config).await?;
    let last_moment = last_moment(&limits, shutdown.clone(), over.clone());
    let plain = serve_connections_by(&threads.hands, listener, edge_for.clone(), limits.clone(), shutdown.clone());
    match secure {
        None => plain.await?,
        Some((listener, tls)) => {
            tokio::try_join!(plain, serve_tls(&threads.hands, listener, tls, edge_for, limits, shutdown))?;
        }
    }
    settle(&writes, last_moment, &cache).await;
    Ok(())
}

/// Starts what runs beside the requests. It goes on as long as there are any: what the last of them changes is dropped here
/// and told to the other gateways like what the first one did.
fn accompany(gateway: &Arc<Gateway>, listening: Vec<Listening>, over: &CancellationToken) {
    for to in listening {
        listen(to, Arc::clone(&gateway.cache), over.clone());
    }
    gateway.cache.join_others(over);
    if let Some(shared) = &gateway.cache.shared {
        tokio::spawn(Arc::clone(&gateway.rates).share(Arc::clone(shared), over.clone()));
    }
}

/// The end of the drain, for those who are to be waited for no longer than connections are.
fn last_moment(limits: &Limits, shutdown: CancellationToken, over: CancellationToken) -> JoinHandle<Option<()>> {
    let drained = limits.linger + limits.drain;
    let moment = async move {
        shutdown.cancelled().await;
        tokio::time::sleep(drained).await;
    };
    tokio::spawn(over.run_until_cancelled_owned(moment))
}

/// Waits for writes whose clients have hung up, and until the other gateways know what was written.
async fn settle(writes: &RwLock<()>, last_moment: JoinHandle<Option<()>>, cache: &Cache) {
    tokio::select! {
        biased;
        _none_is_left = writes.write() => {}
        _ = last_moment => tracing::warn!("the drain is over, and writes whose clients are gone have no answer yet"),
    }
    if let Some(shared) = &cache.shared {
        shared.settle().await;
    }
}

/// The second listener, where there is to be one.
async fn secure_listener(config: &Config) -> Result<Option<(TcpListener, Tls)>, RunError> {
    let settings = (&config.tls_listen, &config.tls_certificate, &config.tls_key);
    let (Some(address), Some(certificate), Some(key)) = settings else { return Ok(None) };
    let files = TlsFiles { certificate: certificate.clone(), key: key.clone() };
    let tls = Tls::new(files).map_err(|error| RunError::Settings(format!("tls_certificate and tls_key: {error}")))?;
    let listener = process::bind(address).await?;
    if let Ok(address) = listener.local_addr() {
        tracing::info!(tls_listen = %address, "serving over TLS, too");
    }
    Ok(Some((listener, tls)))
}

fn build(config: &Config, deps: Deps, at_home: &[(Id, HttpClient)]) -> Result<Gateway, RunError> {
    let mistakes = config.mistakes();
    if !mistakes.is_empty() {
        let told: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
        return Err(RunError::Settings(format!("the gateway's configuration has mistakes:\n  {}", told.join("\n  "))));
    }
    let proxies = config.proxies().map_err(|error| RunError::Settings(error.to_string()))?;
    let Deps { clock, ops, http, seed, listening: _ } = deps;
    let peers = peers(config, &http, at_home, seed)?;
    for peer in peers.values() {
        tokio::spawn(peer.watch());
    }
    let metrics = Arc::new(ops.metrics(Metrics::register));
    let settings = Settings {
        capacity_bytes: config.cache.capacity_bytes,
        entry_bytes: config.cache.entry_bytes,
        variants: config.cache.variants,
        jitter: f64::from(config.cache.ttl_jitter_percent) / 100.0,
    };
    let shared = shared(config, &ops, seed)?;
    let together = shared.is_some().then(|| clock.clone());
    let cache = Arc::new(Cache::new(settings, clock, Arc::clone(&metrics), shared, seed));
    let watched = Watched { peers: peers.values().cloned().collect(), cache: Arc::clone(&cache) };
    ops.metrics(|registry| registry.register_collector(Box::new(watched)));
    let documented = config.upstreams.0.iter().filter(|(_, upstream)| upstream.documented);
    let documented = documented.filter_map(|(name, _)| peers.get(name).cloned()).collect();
    ops.mount(ops::router(Arc::clone(&cache), peers.values().cloned().collect()));
    Ok(Gateway {
        hosts: Hosts::new(&config.hosts),
        table: Table::new(config.routes.iter().filter_map(|route| to_route(route, config, &peers))),
        cache,
        credentials: Credentials::new(&config.cache.session_cookies),
        cors: Cors::new(&config.cors_origins),
        ids: Ids::new(seed, config.trace_ratio),
        rates: Arc::new(Rates::new(
            config.limits.requests_per_minute,
            config.limits.requests_per_minute_of_token,
            together,
        )),
        proxies,
        hsts: HeaderValue::try_from(format!("max-age={}", config.hsts_s)).ok().filter(|_| config.hsts_s > 0),
        metrics,
        pages: config.pages.then(|| pages::router(documented)),
        client_directives: config.cache.client_directives,
        body_deadline: Duration::from_millis(config.limits.body_deadline_ms),
        writes: Arc::default(),
    })
}

/// The second tier, where there is a Redis Cluster for it.
fn shared(config: &Config, ops: &Ops, seed: u64) -> Result<Option<Arc<Shared>>, RunError> {
    if config.redis_urls.is_empty() {
        return Ok(None);
    }
    let settings = RedisSettings {
        response_timeout: SHARED_TIMEOUT,
        longest_ttl: Duration::from_hours(24),
        ..RedisSettings::new(config.redis_urls.clone(), NAMESPACE)
    };
    let shelf = Shelf::connect(settings, seed).map_err(|error| RunError::Settings(error.to_string()))?;
    let metrics = ops.metrics(SharedMetrics::register);
    Ok(Some(Arc::new(Shared::new(shelf, seed, metrics))))
}

/// The upstreams that routes lead to.
fn peers(
    config: &Config,
    http: &HttpClient,
    at_home: &[(Id, HttpClient)],
    seed: u64,
) -> Result<BTreeMap<String, Peer>, RunError> {
    let used: BTreeSet<_> = config.routes.iter().map(|route| &route.upstream).collect();
    let upstreams = config.upstreams.0.iter().filter(|(name, _)| used.contains(name));
    let peers = upstreams.map(|(name, upstream)| {
        let upstream = UpstreamConfig { attempt_ms: config.attempt_ms_of(name), ..upstream.clone() };
        let settings = upstream.to_peer_settings(name).map_err(RunError::Settings)?;
        let peer = Peer::new_with(settings, http.clone(), at_home.to_vec(), seed);
        let peer = peer.map_err(|error| RunError::Settings(error.to_string()))?;
        Ok((name.clone(), peer))
    });
    peers.collect()
}

fn to_route(route: &RouteConfig, config: &Config, peers: &BTreeMap<String, Peer>) -> Option<Route> {
    let rules = Rules {
        default_ttl: route.default_ttl_s.map(Duration::from_secs),
        negative_ttl: Duration::from_secs(config.cache.negative_ttl_s),
        errors: route.store_errors,
        stale_if_error: route.stale_if_error_s.map(Duration::from_secs),
    };
    Some(Route {
        template: Arc::from(route.prefix.as_str()),
        exact: route.exact,
        peer: peers.get(&route.upstream)?.clone(),
        cached: route.cache.then(|| Cached { query: route.query.clone(), rules }),
        body_bytes: route.body_bytes,
        deadline: Duration::from_millis(route.deadline_ms),
        body_deadline: route.body_deadline_ms.map(Duration::from_millis),
    })
}
