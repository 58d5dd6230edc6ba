//! The months before the demo: inventory, payments and orders as they were then, on the same databases and with a clock of
//! their own. What is done there has happened by the time the demo is looked at.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use events::InProcessBus;
use inventory_api::HttpReservations;
use payment_api::HttpPayments;
use peer::{Credential, HttpClient, Peer, PeerSettings};
use service_kit::RunError;
use service_kit::clock::{Clock, Hands};
use service_kit::credential::ServiceCredentials;
use service_kit::ops::Ops;
use service_kit::randomness::Randomness;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;
use user_api::{ActiveToken, FakeUsers, Role};
use vocabulary::{Secret, SessionId, UserId};

use crate::stack::Settings;

/// How long whoever was admitted may speak: longer than the past.
const ADMITTED: TimeDelta = TimeDelta::days(2 * 366);

/// Connections to a database: one thing after another happens in the past, and the memory it takes is not given back when it
/// is over.
const FEW: u32 = 2;

/// Services for which it is still some time ago. Time passes only when it is told to.
pub(super) struct Past {
    inventory: SocketAddr,
    orders: SocketAddr,
    clock: Clock,
    hands: Hands,
    /// Nobody signs in to the past; who speaks is known here.
    users: Arc<FakeUsers>,
    shutdown: CancellationToken,
    services: JoinSet<Result<(), RunError>>,
}

impl Past {
    /// Goes back to this moment.
    pub(super) async fn begin(
        mut settings: Settings,
        (http, secret): (&HttpClient, &Secret),
        at: DateTime<Utc>,
    ) -> anyhow::Result<Self> {
        let (inventory, payments, orders) = (listener().await?, listener().await?, listener().await?);
        settings.inventory.database_connections = FEW;
        settings.payments.database_connections = FEW;
        settings.orders.database_connections = FEW;
        settings.orders.workers = 1;
        let (clock, hands) = Clock::manual(at);
        let mut past = Self {
            inventory: inventory.local_addr()?,
            orders: orders.local_addr()?,
            clock,
            hands,
            users: Arc::new(FakeUsers::default()),
            shutdown: CancellationToken::new(),
            services: JoinSet::new(),
        };
        let deps = past.deps_of_orders((http, secret), payments.local_addr()?)?;
        past.spawn_inventory(settings.inventory, &deps, inventory);
        past.spawn_payments(settings.payments, &deps, payments);
        past.spawn(order_service::run(settings.orders, deps, orders, past.shutdown.clone()));
        Ok(past)
    }

    pub(super) fn inventory(&self) -> SocketAddr {
        self.inventory
    }

    pub(super) fn orders(&self) -> SocketAddr {
        self.orders
    }

    /// A token with which a member speaks to the past.
    pub(super) fn member(&self, id: UserId) -> String {
        self.admit(id, Role::Member)
    }

    /// A token with which somebody speaks to the past who looks after it.
    pub(super) fn administrator(&self) -> String {
        self.admit(self.clock.new_id(), Role::Admin)
    }

    /// Lets time pass until this moment, unless it has passed.
    pub(super) fn wait_until(&self, moment: DateTime<Utc>) {
        self.hands.advance((moment - self.clock.now()).to_std().unwrap_or_default());
    }

    /// Lets some time pass.
    pub(super) fn wait_for(&self, time: TimeDelta) {
        self.wait_until(self.clock.now() + time);
    }

    /// Comes back. What was begun is done by then.
    ///
    /// # Errors
    /// When a service of the past could not run.
    pub(super) async fn end(mut self) -> anyhow::Result<()> {
        self.shutdown.cancel();
        while let Some(ended) = self.services.join_next().await {
            ended?.context("a service of the demo's past")?;
        }
        Ok(())
    }

    fn spawn_inventory(
        &mut self,
        config: inventory_service::Config,
        orders: &order_service::Deps,
        listener: TcpListener,
    ) {
        let deps = inventory_service::Deps {
            clock: self.clock.clone(),
            ops: self.ops(),
            users: self.users.clone(),
            credentials: orders.credentials.clone(),
            bus: orders.bus.clone(),
        };
        self.spawn(inventory_service::run(config, deps, listener, self.shutdown.clone()));
    }

    fn spawn_payments(&mut self, config: payment_service::Config, orders: &order_service::Deps, listener: TcpListener) {
        let deps = payment_service::Deps {
            clock: self.clock.clone(),
            ops: self.ops(),
            users: self.users.clone(),
            credentials: orders.credentials.clone(),
            bus: orders.bus.clone(),
        };
        self.spawn(payment_service::run(config, deps, listener, self.shutdown.clone()));
    }

    fn deps_of_orders(
        &self,
        (http, secret): (&HttpClient, &Secret),
        payments: SocketAddr,
    ) -> anyhow::Result<order_service::Deps> {
        let credential = Credential::bearer(secret.expose())?;
        let peer = |name, address| {
            let mut settings = PeerSettings::new(name, Url::parse(&format!("http://{address}"))?);
            settings.credential = Some(credential.clone());
            anyhow::Ok(Peer::new(settings, http.clone(), u64::from_ne_bytes(Randomness::system().bytes()))?)
        };
        Ok(order_service::Deps {
            clock: self.clock.clone(),
            randomness: Randomness::system(),
            ops: self.ops(),
            users: self.users.clone(),
            inventory: Arc::new(HttpReservations::new(peer("inventory-service", self.inventory)?)),
            payments: Arc::new(HttpPayments::new(peer("payment-service", payments)?)),
            bus: Arc::new(InProcessBus::default()),
            credentials: ServiceCredentials::accepting([secret]),
        })
    }

    fn ops(&self) -> Ops {
        Ops::new(env!("CARGO_PKG_VERSION"), self.shutdown.clone())
    }

    fn spawn(&mut self, run: impl Future<Output = Result<(), RunError>> + Send + 'static) {
        self.services.spawn(run);
    }

    fn admit(&self, id: UserId, role: Role) -> String {
        let (token, sid): (_, SessionId) = (id.to_string(), self.clock.new_id());
        self.users.accept(&token, ActiveToken { sub: id, roles: vec![role], sid, exp: self.clock.now() + ADMITTED });
        token
    }
}

async fn listener() -> anyhow::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("the system has no free port")
}
