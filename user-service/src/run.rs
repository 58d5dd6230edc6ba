use std::sync::Arc;

use cache::{Cache, InProcess, RedisCluster, RedisSettings};
use service_kit::RunError;
use service_kit::clock::Clock;
use service_kit::credential::ServiceCredentials;
use service_kit::db::{Db, change_capture};
use service_kit::ops::Ops;
use service_kit::randomness::Randomness;
use service_kit::serve::{Limits, serve};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::app::{App, PasswordHasher, Standings};
use crate::config::Config;
use crate::db::Migrator;
use crate::{http, jobs};

/// Before every key in a Redis that others may use as well; the number is that of the form in which sessions are kept there.
const NAMESPACE: &str = "users:1";

/// What the service is given rather than makes.
#[derive(Debug)]
pub struct Deps {
    pub clock: Clock,
    /// For keys, tokens and salts.
    pub randomness: Randomness,
    pub ops: Ops,
    /// What other services have to present on `/internal`.
    pub credentials: ServiceCredentials,
    /// For the standing of sessions. Instances on one database need one that they share, or one without room.
    pub cache: Arc<dyn Cache>,
}

impl Deps {
    /// What a process of its own uses: the machine's clock, and the cache that the settings name.
    ///
    /// # Errors
    /// When a setting cannot be used; the error says which. A Redis Cluster that is not there yet is none.
    pub async fn of_process(config: &Config, ops: Ops) -> Result<Self, RunError> {
        let randomness = Randomness::system();
        let urls = config.redis_urls();
        let cache: Arc<dyn Cache> = if urls.is_empty() {
            if config.remembers_alone() {
                tracing::warn!(
                    "sessions are remembered in this process alone (session_cache_bytes); a second instance on this \
                     PostgreSQL would believe a revoked token for up to a minute. With more than one, set redis_urls, or \
                     session_cache_bytes to 0"
                );
            }
            Arc::new(InProcess::new(config.session_cache_bytes))
        } else {
            let seed = u64::from_ne_bytes(randomness.bytes());
            let connected = RedisCluster::connect(RedisSettings::new(urls, NAMESPACE), seed).await;
            Arc::new(connected.map_err(|error| RunError::Settings(format!("redis_urls: {error}")))?)
        };
        Ok(Self { clock: Clock::system(), randomness, ops, credentials: config.credentials()?, cache })
    }
}

/// Serves until `shutdown` is cancelled and what had begun is answered.
///
/// # Errors
/// When a setting cannot be used, the database cannot be opened, or the listener fails.
pub async fn run(
    config: Config,
    deps: Deps,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), RunError> {
    let (policy, limits) = (config.tokens()?, config.hashing()?);
    let (proxies, key_check) = (config.proxies()?, config.key_check()?);
    let db = Db::open::<Migrator>(&config.database()).await?;
    let hasher = deps.ops.metrics(|registry| {
        PasswordHasher::new(limits, deps.randomness.clone(), registry.sub_registry_with_prefix("users"))
    });
    let hasher = hasher.map_err(|error| RunError::Settings(error.to_string()))?;
    let standings = Standings::new(deps.cache);
    let (clock, throttle) = (deps.clock.clone(), config.throttle());
    let app = App::start(db.clone(), clock.clone(), deps.randomness, hasher, standings, throttle, policy).await;
    let app = Arc::new(app.map_err(|error| RunError::Settings(error.to_string()))?);
    let pinged = db.clone();
    deps.ops.require("user-service: database", move || {
        let db = pinged.clone();
        async move { db.ping().await }
    });

    let trust = http::Trust { credentials: deps.credentials, proxies };
    let router = http::router(&app, trust, deps.clock, config.request_deadline());
    let router = router.merge(deps.ops.readiness());
    let stop_jobs = shutdown.child_token();
    let mut running = JoinSet::new();
    running.spawn(change_capture::keep_trimmed(db.clone(), clock.clone(), stop_jobs.clone()));
    running.spawn({
        let (app, stop) = (Arc::clone(&app), stop_jobs.clone());
        async move { jobs::purge::run(&app, stop).await }
    });
    running.spawn({
        let (app, stop) = (Arc::clone(&app), stop_jobs.clone());
        async move { jobs::keys::run(&app, key_check, stop).await }
    });
    running.spawn({
        let (app, stop) = (Arc::clone(&app), stop_jobs.clone());
        async move { jobs::refusals::run(&app, stop).await }
    });
    let served = serve(listener, router, Limits::default(), shutdown).await;
    stop_jobs.cancel();
    let mut ended = Ok(());
    while let Some(job) = running.join_next().await {
        ended = ended.and(job);
    }
    if let Err(error) = db.close().await {
        tracing::warn!(error = %error, "database not closed");
    }
    served?;
    ended.map_err(|panic| RunError::Background { what: "a job of the user service", cause: panic.to_string() })
}
