use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use events::{Bus, InProcessBus, NatsBus, NatsSettings, Outbox, Relay};
use peer::{Peer, PeerSettings};
use photos::{PhotoStore, Processor};
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
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;
use user_api::{HttpUsers, RememberedUsers, Users};

use crate::app::App;
use crate::config::Config;
use crate::db::Migrator;
use crate::http::{AppState, routes};
use crate::jobs;

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
    /// What it tells others by.
    pub bus: Arc<dyn Bus>,
    /// Which services it takes calls on `/internal` from.
    pub credentials: ServiceCredentials,
}

impl Deps {
    /// What a process of its own uses: the machine's clock, and the user service that the settings name.
    ///
    /// # Errors
    /// When a setting cannot be used; the error says which.
    pub async fn of_process(config: &Config, ops: Ops) -> Result<Self, RunError> {
        let unusable = |setting: &str, error: &dyn fmt::Display| RunError::Settings(format!("{setting}: {error}"));
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
        let bus: Arc<dyn Bus> = match &config.nats_url {
            None => Arc::new(InProcessBus::default()),
            Some(url) => {
                let settings = NatsSettings { url: url.clone(), replicas: config.nats_replicas };
                Arc::new(NatsBus::connect(&settings).await.map_err(|error| unusable("nats_url", &error))?)
            }
        };
        Ok(Self { clock, ops, users: Arc::new(users), bus, credentials: credential.accepted })
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
/// When the database cannot be used, or the listener fails for good.
pub async fn run(
    config: Config,
    deps: Deps,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), RunError> {
    let db = Db::open::<Migrator>(&config.database()).await?;
    let pinged = db.clone();
    deps.ops.require("inventory-service: database", move || {
        let db = pinged.clone();
        async move { db.ping().await }
    });
    let settings =
        RouterSettings { service: "inventory-service", deadline: config.request_deadline(), clock: deps.clock.clone() };
    let photos = PhotoStore::in_folder(&config.photos).map_err(|error| RunError::Settings(error.to_string()))?;
    let outbox = Outbox::new(db.clone(), "inventory");
    let app = App { db: db.clone(), clock: deps.clock.clone(), photos, outbox: outbox.clone() };
    let trim = tokio::spawn(change_capture::keep_trimmed(db.clone(), deps.clock.clone(), shutdown.clone()));
    let relay = tokio::spawn(Relay::new(outbox, deps.bus, deps.clock).run(shutdown.clone()));
    let sweep = tokio::spawn(jobs::sweep::run(app.clone(), shutdown.clone()));
    let gather = tokio::spawn(jobs::gather::run(app.clone(), shutdown.clone()));
    let processor = Processor::new(photos::Settings::default());
    let state = AppState { app, sessions: Sessions::new(deps.users), credentials: deps.credentials, processor };
    let (router, _document) = finish(routes(), state, settings);
    let router = router.merge(deps.ops.readiness());
    let served = serve(listener, router, Limits::default(), shutdown).await;
    let (swept, gathered, relayed, trimmed) = tokio::join!(sweep, gather, relay, trim);
    if let Err(error) = db.close().await {
        tracing::warn!(error = %error, "the database was not closed cleanly");
    }
    served?;
    let ended = |what| move |panic: JoinError| RunError::Background { what, cause: panic.to_string() };
    swept.map_err(ended("the sweep of photos"))?;
    gathered.map_err(ended("the sum of categories' counts"))?;
    relayed.map_err(ended("the relay of events"))?;
    trimmed.map_err(ended("the removal of old changes"))
}
