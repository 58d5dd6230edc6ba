//! The services in this process: listeners first, then the clients between them, then all of them at once.

mod front;
mod settings;
mod warehouse;

pub(crate) use front::Front;
pub(crate) use settings::Settings;

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use events::{HttpFeed, InProcessBus};
use inventory_api::HttpReservations;
use payment_api::HttpPayments;
use peer::{HttpClient, Peer, PeerSettings};
use service_kit::RunError;
use service_kit::clock::Clock;
use service_kit::credential::SharedCredential;
use service_kit::ops::Ops;
use service_kit::randomness::Randomness;
use tokio::net::TcpListener;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use url::Url;
use user_api::HttpUsers;

use crate::data_dir::{DataDir, Endpoints, Lock, Secrets};

/// Loopback connections are made at once or not at all; two attempts fit into the second a refusal may take.
const CONNECT: Duration = Duration::from_millis(400);

/// How long the services may take to open their databases before the start is given up.
const START: Duration = Duration::from_secs(60);

/// How long an order may wait for a hold or a payment: a provider is elsewhere, and a busy item takes its turns.
const MONEY: Duration = Duration::from_secs(8);

/// Memory for the sessions that token validation is answered from.
const SESSION_CACHE_BYTES: u64 = 4 * 1024 * 1024;

/// One service has ended: its name, and how.
type Ended = (&'static str, Result<(), RunError>);

/// The services behind the gateway, each on a loopback listener of its own.
pub(crate) struct Backstage {
    endpoints: Endpoints,
    data_dir: DataDir,
    settings: Settings,
    ops: Ops,
    http: HttpClient,
    /// By which the services know each other.
    credential: SharedCredential,
    /// Carries events between the services.
    bus: Arc<InProcessBus>,
    tasks: JoinSet<Ended>,
    /// From here on nothing new is wanted; the operations listener says so.
    draining: CancellationToken,
    /// Ends the services.
    shutdown: CancellationToken,
    /// Where the warehouse answers, once it has been started.
    warehouse: Option<SocketAddr>,
    /// Where payments and orders will be taken.
    trade: Option<(TcpListener, TcpListener)>,
    /// Where the pages will answer: they are last, for they ask everything else.
    pages: Option<TcpListener>,
    _lock: Lock,
}

impl Backstage {
    /// Starts them, and returns once they answer.
    pub(crate) async fn start(data_dir: &DataDir, secrets: &Secrets, lock: Lock) -> anyhow::Result<Self> {
        let mut backstage = Self::without_trade(data_dir, secrets, lock).await?;
        backstage.open_trade().await?;
        Ok(backstage)
    }

    /// Starts users and inventory only, so that what was ordered and paid in the past can be filled in before anybody works on
    /// it.
    pub(crate) async fn without_trade(data_dir: &DataDir, secrets: &Secrets, lock: Lock) -> anyhow::Result<Self> {
        data_dir.check_databases()?;
        // What a process that was killed has left would send other commands to nobody.
        Endpoints::remove(data_dir);
        let draining = CancellationToken::new();
        let (users, inventory, payments) = (loopback().await?, loopback().await?, loopback().await?);
        let (orders, pages) = (loopback().await?, loopback().await?);
        let endpoints = Endpoints {
            pid: std::process::id(),
            users: users.local_addr()?,
            inventory: inventory.local_addr()?,
            payments: payments.local_addr()?,
            orders: orders.local_addr()?,
            pages: pages.local_addr()?,
            web: None,
            ops: None,
        };
        let mut backstage = Self {
            endpoints,
            data_dir: data_dir.clone(),
            settings: Settings::load(data_dir)?,
            ops: Ops::new(env!("CARGO_PKG_VERSION"), draining.clone()),
            http: peer::http_client(CONNECT)?,
            credential: SharedCredential::follow(secrets.credential_source())?,
            bus: Arc::new(InProcessBus::default()),
            tasks: JoinSet::new(),
            draining,
            shutdown: CancellationToken::new(),
            warehouse: None,
            trade: Some((payments, orders)),
            pages: Some(pages),
            _lock: lock,
        };
        backstage.spawn_users(users);
        backstage.spawn_inventory(inventory)?;
        let Endpoints { users, inventory, .. } = backstage.endpoints;
        backstage.answering(&[users, inventory]).await?;
        Ok(backstage)
    }

    /// Starts payments and orders, and returns once they answer.
    pub(crate) async fn open_trade(&mut self) -> anyhow::Result<()> {
        let (payments, orders) = self.trade.take().context("payments and orders have been started before")?;
        self.spawn_payments(payments)?;
        self.spawn_orders(orders)?;
        self.answering(&[self.endpoints.payments, self.endpoints.orders]).await?;
        self.data_dir.databases_are_complete()
    }

    pub(crate) fn http(&self) -> &HttpClient {
        &self.http
    }

    pub(crate) fn ops(&self) -> &Ops {
        &self.ops
    }

    pub(crate) fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Ends all services after what they are doing.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.draining.cancel();
        self.shutdown.cancel();
        let mut outcome = Ok(());
        while let Some(ended) = self.tasks.join_next().await {
            outcome = outcome.and(as_error(ended));
        }
        Endpoints::remove(&self.data_dir);
        outcome
    }

    /// Returns when a service has ended, which none does unasked.
    pub(crate) async fn broken(&mut self) -> anyhow::Error {
        match self.tasks.join_next().await {
            Some(ended) => as_error(ended).err().unwrap_or_else(|| anyhow!("a service ended without being asked to")),
            None => std::future::pending().await,
        }
    }

    fn spawn_users(&mut self, listener: TcpListener) {
        let deps = user_service::Deps {
            clock: Clock::system(),
            ops: self.ops.clone(),
            credentials: self.credential.accepted.clone(),
            cache: Arc::new(cache::InProcess::new(SESSION_CACHE_BYTES)),
            randomness: Randomness::system(),
        };
        let run = user_service::run(self.settings.users.clone(), deps, listener, self.shutdown.clone());
        self.spawn("user-service", run);
    }

    fn spawn_inventory(&mut self, listener: TcpListener) -> anyhow::Result<()> {
        let deps = inventory_service::Deps {
            clock: Clock::system(),
            ops: self.ops.clone(),
            users: self.users()?,
            bus: self.bus.clone(),
            credentials: self.credential.accepted.clone(),
        };
        let run = inventory_service::run(self.settings.inventory.clone(), deps, listener, self.shutdown.clone());
        self.spawn("inventory-service", run);
        Ok(())
    }

    fn spawn_payments(&mut self, listener: TcpListener) -> anyhow::Result<()> {
        let deps = payment_service::Deps {
            clock: Clock::system(),
            ops: self.ops.clone(),
            users: self.users()?,
            credentials: self.credential.accepted.clone(),
            bus: self.bus.clone(),
        };
        let run = payment_service::run(self.settings.payments.clone(), deps, listener, self.shutdown.clone());
        self.spawn("payment-service", run);
        Ok(())
    }

    fn spawn_orders(&mut self, listener: TcpListener) -> anyhow::Result<()> {
        let patient = |settings| PeerSettings { attempt_timeout: MONEY, ..settings };
        let inventory = self.peer(patient(self.known("inventory-service", self.endpoints.inventory)?))?;
        let payments = self.peer(patient(self.known("payment-service", self.endpoints.payments)?))?;
        let deps = order_service::Deps {
            clock: Clock::system(),
            randomness: Randomness::system(),
            ops: self.ops.clone(),
            users: self.users()?,
            inventory: Arc::new(HttpReservations::new(inventory)),
            payments: Arc::new(HttpPayments::new(payments)),
            bus: self.bus.clone(),
            credentials: self.credential.accepted.clone(),
        };
        let run = order_service::run(self.settings.orders.clone(), deps, listener, self.shutdown.clone());
        self.spawn("order-service", run);
        Ok(())
    }

    /// Starts the pages, which also show what the operations listener knows.
    fn spawn_pages(&mut self, secrets: &Secrets, ops: SocketAddr) -> anyhow::Result<()> {
        let listener = self.pages.take().context("the pages have been started before")?;
        let peer = |name, address| self.peer(PeerSettings::new(name, origin(address)?));
        let patient = |name, address, attempt_timeout| {
            self.peer(PeerSettings { attempt_timeout, ..PeerSettings::new(name, origin(address)?) })
        };
        let deps = web::Deps {
            clock: Clock::system(),
            randomness: Randomness::system(),
            ops: self.ops.clone(),
            users: peer("user-service", self.endpoints.users)?,
            inventory: peer("inventory-service", self.endpoints.inventory)?,
            photos: patient("inventory-photos", self.endpoints.inventory, web::PHOTO_ATTEMPT)?,
            orders: peer("order-service", self.endpoints.orders)?,
            payments: peer("payment-service", self.endpoints.payments)?,
            warehouse: self.warehouse.map(|address| patient("warehouse", address, web::REPORT_ATTEMPT)).transpose()?,
            operations: Some(peer("operations", ops)?),
        };
        let run = web::run(self.settings.web_with(secrets), deps, listener, self.shutdown.clone());
        self.spawn("web", run);
        Ok(())
    }

    /// The user service as each of the other services asks it: every time, for a question within one process costs next to
    /// nothing, and a revoked token is refused on the next call.
    fn users(&self) -> anyhow::Result<Arc<HttpUsers>> {
        let settings = self.known("user-service", self.endpoints.users)?;
        Ok(Arc::new(HttpUsers::new(self.peer(settings)?)))
    }

    /// How one service calls another that asks for the service credential.
    fn known(&self, name: &str, address: SocketAddr) -> anyhow::Result<PeerSettings> {
        let mut settings = PeerSettings::new(name, origin(address)?);
        settings.credential = Some(self.credential.shown.clone());
        Ok(settings)
    }

    fn peer(&self, settings: PeerSettings) -> anyhow::Result<Peer> {
        Ok(Peer::new(settings, self.http.clone(), seed())?)
    }

    /// Starts the warehouse's schedule.
    fn spawn_etl(&mut self, secrets: &Secrets) -> anyhow::Result<()> {
        let (listener, address) = warehouse::listener()?;
        // Connections belong to the runtime they were made on, so that the warehouse's must not be anybody else's.
        let http = peer::http_client(CONNECT)?;
        let settings = self.known("user-service", self.endpoints.users)?;
        let users = Arc::new(HttpUsers::new(Peer::new(settings, http, seed())?));
        let deps = etl::Deps { clock: Clock::system(), ops: self.ops.clone(), users };
        let ended = warehouse::start(self.settings.etl_with(secrets), deps, listener, self.shutdown.clone())?;
        self.warehouse = Some(address);
        self.spawn("etl", ended);
        Ok(())
    }

    /// Whose events change what the gateway has stored.
    fn listening(&self) -> anyhow::Result<gateway::Listening> {
        let feed = HttpFeed::new(self.peer(self.known("inventory-service", self.endpoints.inventory)?)?);
        Ok(gateway::Listening { producer: "inventory".to_owned(), feed: Arc::new(feed), bus: self.bus.clone() })
    }

    /// The gateway's settings, with the services of this process as its upstreams.
    fn gateway_config(&self) -> gateway::Config {
        let Endpoints { users, inventory, payments, orders, pages, .. } = self.endpoints;
        let upstreams =
            [("users", users), ("inventory", inventory), ("payments", payments), ("orders", orders), ("web", pages)];
        let warehouse = self.warehouse.map(|address| ("warehouse", address));
        let upstreams =
            upstreams.into_iter().chain(warehouse).map(|(name, address)| (name, format!("http://{address}")));
        let mut upstreams: gateway::Upstreams = upstreams.collect();
        // The pages are no API.
        upstreams.0.entry("web".to_owned()).and_modify(|web| web.documented = false);
        gateway::Config { upstreams, ..self.settings.gateway.clone() }
    }

    /// Tells other commands where everything is.
    fn publish(&mut self, web: SocketAddr, ops: SocketAddr) -> anyhow::Result<()> {
        self.endpoints.web = Some(web);
        self.endpoints.ops = Some(ops);
        self.endpoints.write(&self.data_dir)
    }

    fn spawn(&mut self, name: &'static str, run: impl Future<Output = Result<(), RunError>> + Send + 'static) {
        self.tasks.spawn(async move { (name, run.await) });
    }

    /// Waits until every address answers; a service that ends instead says why.
    async fn answering(&mut self, addresses: &[SocketAddr]) -> anyhow::Result<()> {
        let http = self.http.clone();
        let all = async {
            for address in addresses {
                let url = origin(*address)?.join("/openapi.json")?;
                let mut every = tokio::time::interval(Duration::from_millis(5));
                loop {
                    every.tick().await;
                    if http.get(url.clone()).send().await.is_ok() {
                        break;
                    }
                }
            }
            anyhow::Ok(())
        };
        tokio::select! {
            error = self.broken() => Err(error),
            answered = tokio::time::timeout(START, all) => answered.context("the services did not start in time")?,
        }
    }
}

async fn loopback() -> anyhow::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("the system has no free loopback port")
}

/// Feeds jitter; nothing secret.
fn seed() -> u64 {
    u64::from_ne_bytes(Randomness::system().bytes())
}

fn origin(address: SocketAddr) -> anyhow::Result<Url> {
    Ok(Url::parse(&format!("http://{address}"))?)
}

fn as_error(ended: Result<Ended, JoinError>) -> anyhow::Result<()> {
    match ended {
        Ok((_name, Ok(()))) => Ok(()),
        Ok((name, Err(error))) => Err(anyhow::Error::new(error).context(name)),
        Err(panic) => Err(anyhow::Error::new(panic).context("a service panicked")),
    }
}
