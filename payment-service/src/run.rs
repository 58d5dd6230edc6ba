use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use events::{Bus, InProcessBus, NatsBus, NatsSettings, Outbox, Relay};
use peer::{Peer, PeerSettings};
use service_kit::RunError;
use service_kit::caller::Sessions;
use service_kit::clock::Clock;
use service_kit::credential::{ServiceCredentials, SharedCredential};
use service_kit::db::{Db, change_capture};
use service_kit::http::{RouterSettings, finish};
use service_kit::ops::Ops;
use service_kit::randomness::Randomness;
use service_kit::serve::{Limits, serve};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use user_api::{HttpUsers, RememberedUsers, Users};

use crate::app::App;
use crate::config::Config;
use crate::db::Migrator;
use crate::http::{AppState, routes};
use crate::jobs::look_after;
use crate::providers::{Providers, Stripe, TestBank};

/// The service's name, also as the producer of its events.
const NAME: &str = "payment-service";

/// How long it may take until the user service accepts a connection.
const CONNECT: Duration = Duration::from_millis(250);

/// What the service needs of the world around it.
#[derive(Clone)]
pub struct Deps {
    pub clock: Clock,
    /// Where its checks and metrics are shown.
    pub ops: Ops,
    /// Whom it asks who a caller is.
    pub users: Arc<dyn Users>,
    /// Which services it takes calls on `/internal` from.
    pub credentials: ServiceCredentials,
    /// Where it tells what has happened.
    pub bus: Arc<dyn Bus>,
}

impl Deps {
    /// What a process of its own uses: the machine's clock, and the user service and the bus that the settings name.
    ///
    /// # Errors
    /// When a setting cannot be used; the error says which.
    pub async fn of_process(config: &Config, ops: Ops) -> Result<Self, RunError> {
        let settings = PeerSettings::parse("user-service", &config.users_url);
        let mut settings = settings.map_err(|error| unusable("users_url", &error))?;
        let credential = SharedCredential::follow(config.credential());
        let credential = credential.map_err(|error| RunError::Settings(error.to_string()))?;
        settings.credential = Some(credential.shown);
        let http = peer::http_client(CONNECT).map_err(|error| unusable("the HTTP client", &error))?;
        let seed = u64::from_ne_bytes(Randomness::system().bytes());
        let peer = Peer::new(settings, http, seed).map_err(|error| unusable("users_url", &error))?;
        tokio::spawn(peer.watch());
        let (clock, read) = (Clock::system(), Clock::system());
        let users = RememberedUsers::new(Arc::new(HttpUsers::new(peer)), move || read.now());
        Ok(Self { clock, ops, users: Arc::new(users), credentials: credential.accepted, bus: bus(config).await? })
    }
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deps").field("clock", &self.clock).field("ops", &self.ops).finish_non_exhaustive()
    }
}

/// Serves until `shutdown`, then finishes what has begun.
///
/// # Errors
/// When a setting or the database cannot be used, or the listener fails for good.
pub async fn run(
    config: Config,
    deps: Deps,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), RunError> {
    let stripe = Stripe::new(config.stripe(), &deps.clock).map_err(|error| unusable("stripe", &error))?;
    let db = Db::open::<Migrator>(&config.database()).await?;
    let pinged = db.clone();
    deps.ops.require("payment-service: database", move || {
        let db = pinged.clone();
        async move { db.ping().await }
    });
    let settings = RouterSettings { service: NAME, deadline: config.request_deadline(), clock: deps.clock.clone() };
    let outbox = Outbox::new(db.clone(), NAME);
    let test = config.test.then(|| TestBank::new(db.clone(), deps.clock.clone()));
    let providers = Providers { test, stripe };
    let app = App { db: db.clone(), clock: deps.clock.clone(), outbox: outbox.clone(), providers };
    let trim = tokio::spawn(change_capture::keep_trimmed(db.clone(), deps.clock.clone(), shutdown.clone()));
    let relay = tokio::spawn(Relay::new(outbox, deps.bus, deps.clock).run(shutdown.clone()));
    let looking_after = tokio::spawn(look_after(app.clone(), shutdown.clone()));
    let state = AppState { app, sessions: Sessions::new(deps.users), credentials: deps.credentials };
    let (router, _document) = finish(routes(), state, settings);
    let router = router.merge(deps.ops.readiness());
    let served = serve(listener, router, Limits::default(), shutdown.clone()).await;
    shutdown.cancel();
    let background = [
        ("the relay of events", relay),
        ("the care for payments", looking_after),
        ("the removal of old changes", trim),
    ];
    for (what, work) in background {
        work.await.map_err(|panic| RunError::Background { what, cause: panic.to_string() })?;
    }
    if let Err(error) = db.close().await {
        tracing::warn!(error = %error, "the database was not closed cleanly");
    }
    Ok(served?)
}

async fn bus(config: &Config) -> Result<Arc<dyn Bus>, RunError> {
    if config.nats_url.expose().is_empty() {
        return Ok(Arc::new(InProcessBus::default()));
    }
    let settings = NatsSettings { url: config.nats_url.clone(), replicas: config.nats_replicas };
    let bus = NatsBus::connect(&settings).await.map_err(|error| unusable("nats_url", &error))?;
    Ok(Arc::new(bus))
}

fn unusable(setting: &str, error: &dyn fmt::Display) -> RunError {
    RunError::Settings(format!("{setting}: {error}"))
}
