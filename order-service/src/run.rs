use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use events::{Bus, InProcessBus, NatsBus, NatsSettings, Outbox, Relay};
use inventory_api::{HttpReservations, ReservationClient};
use payment_api::{HttpPayments, PaymentClient};
use peer::{Credential, HttpClient, Peer, PeerSettings};
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
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use user_api::{HttpUsers, RememberedUsers, Users};

use crate::app::App;
use crate::config::Config;
use crate::db::Migrator;
use crate::http::{AppState, routes};
use crate::jobs;

/// How long it may take until another service accepts a connection.
const CONNECT: Duration = Duration::from_millis(250);
/// How long another service may take for one attempt: who pays waits for a provider elsewhere, and a hold on a busy item takes
/// its turn. Each client has a shorter patience of its own where it needs one.
const ATTEMPT: Duration = Duration::from_secs(8);

/// What the service needs of the world around it.
#[derive(Clone)]
pub struct Deps {
    pub clock: Clock,
    pub randomness: Randomness,
    /// Where its checks and metrics are shown.
    pub ops: Ops,
    /// Whom it asks who a caller is.
    pub users: Arc<dyn Users>,
    /// Whom it asks for things.
    pub inventory: Arc<dyn ReservationClient>,
    /// Whom it asks for money.
    pub payments: Arc<dyn PaymentClient>,
    /// What it tells others by.
    pub bus: Arc<dyn Bus>,
    /// Which services it takes calls on `/internal` from.
    pub credentials: ServiceCredentials,
}

impl Deps {
    /// What a process of its own uses: the machine's clock, and the services that the settings name.
    ///
    /// # Errors
    /// When a setting cannot be used; the error says which.
    pub async fn of_process(config: &Config, ops: Ops) -> Result<Self, RunError> {
        let http = peer::http_client(CONNECT).map_err(|error| unusable("the HTTP client", &error))?;
        let credential = SharedCredential::follow(config.credential());
        let credential = credential.map_err(|error| RunError::Settings(error.to_string()))?;
        let peer = |name, setting, url: &str| peer(&credential.shown, &http, name, (setting, url));
        let bus: Arc<dyn Bus> = match &config.nats_url {
            None => Arc::new(InProcessBus::default()),
            Some(url) => {
                let settings = NatsSettings { url: url.clone(), replicas: config.nats_replicas };
                Arc::new(NatsBus::connect(&settings).await.map_err(|error| unusable("nats_url", &error))?)
            }
        };
        let (clock, read) = (Clock::system(), Clock::system());
        let users = HttpUsers::new(peer("user-service", "users_url", &config.users_url)?);
        Ok(Self {
            clock,
            randomness: Randomness::system(),
            ops,
            users: Arc::new(RememberedUsers::new(Arc::new(users), move || read.now())),
            inventory: Arc::new(HttpReservations::new(peer(
                "inventory-service",
                "inventory_url",
                &config.inventory_url,
            )?)),
            payments: Arc::new(HttpPayments::new(peer("payment-service", "payments_url", &config.payments_url)?)),
            bus,
            credentials: credential.accepted,
        })
    }
}

fn unusable(setting: &str, error: &dyn fmt::Display) -> RunError {
    RunError::Settings(format!("{setting}: {error}"))
}

fn peer(
    credential: &Credential,
    http: &HttpClient,
    name: &'static str,
    (setting, url): (&str, &str),
) -> Result<Peer, RunError> {
    let mut settings = PeerSettings::parse(name, url).map_err(|error| unusable(setting, &error))?;
    settings.credential = Some(credential.clone());
    settings.attempt_timeout = ATTEMPT;
    let seed = u64::from_ne_bytes(Randomness::system().bytes());
    let peer = Peer::new(settings, http.clone(), seed).map_err(|error| unusable(setting, &error))?;
    tokio::spawn(peer.watch());
    Ok(peer)
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deps").field("clock", &self.clock).field("ops", &self.ops).finish_non_exhaustive()
    }
}

/// Serves and works until `shutdown`, then finishes what has begun.
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
    deps.ops.require("order-service: database", move || {
        let db = pinged.clone();
        async move { db.ping().await }
    });
    let outbox = Outbox::new(db.clone(), "orders");
    let app = App {
        db: db.clone(),
        clock: deps.clock.clone(),
        randomness: deps.randomness,
        inventory: deps.inventory,
        payments: deps.payments,
        outbox: outbox.clone(),
        work: Arc::default(),
        commits: Arc::default(),
        news: App::news(),
    };
    // Dropped with this future, so that nothing works on when it is aborted.
    let mut background = JoinSet::new();
    background.spawn(Relay::new(outbox, deps.bus, deps.clock.clone()).run(shutdown.clone()));
    background.spawn(change_capture::keep_trimmed(db.clone(), deps.clock.clone(), shutdown.clone()));
    background.spawn(jobs::stuck::run(app.clone(), deps.ops.metrics(jobs::stuck::gauge), shutdown.clone()));
    // Who is served last may place an order, and it is begun.
    let served_all = CancellationToken::new();
    background.spawn(jobs::saga::look(app.clone(), served_all.clone()));
    for _ in 0..config.workers.max(1) {
        background.spawn(jobs::saga::run(app.clone(), served_all.clone()));
    }
    let settings = RouterSettings { service: "order-service", deadline: config.request_deadline(), clock: deps.clock };
    let sessions = Sessions::new(deps.users);
    let state = AppState { app, sessions, credentials: deps.credentials, shutdown: shutdown.clone() };
    let (router, _document) = finish(routes(), state, settings);
    let router = router.merge(deps.ops.readiness());
    let served = serve(listener, router, Limits::default(), shutdown.clone()).await;
    shutdown.cancel();
    served_all.cancel();
    while background.join_next().await.is_some() {}
    if let Err(error) = db.close().await {
        tracing::warn!(error = %error, "the database was not closed cleanly");
    }
    Ok(served?)
}
