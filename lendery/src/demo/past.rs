//! The months before the demo: the inventory as it was then, on the same database and with a clock of its own. What is done
//! there has happened by the time the demo is looked at.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use inventory_service::{Config, Deps};
use service_kit::RunError;
use service_kit::clock::{Clock, Hands};
use service_kit::credential::ServiceCredentials;
use service_kit::ops::Ops;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use user_api::{ActiveToken, FakeUsers, Role};
use vocabulary::{Secret, SessionId, UserId};

/// How long whoever was admitted may speak: longer than the past.
const ADMITTED: TimeDelta = TimeDelta::days(2 * 366);

/// An inventory in which it is still some time ago. Time passes only when it is told to.
pub(super) struct Past {
    address: SocketAddr,
    clock: Clock,
    hands: Hands,
    /// Nobody signs in to the past; who speaks is known here.
    users: Arc<FakeUsers>,
    shutdown: CancellationToken,
    service: JoinHandle<Result<(), RunError>>,
}

impl Past {
    /// Goes back to this moment.
    pub(super) async fn begin(config: Config, credential: &Secret, at: DateTime<Utc>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("the system has no free port")?;
        let address = listener.local_addr()?;
        let (clock, hands) = Clock::manual(at);
        let (users, shutdown) = (Arc::new(FakeUsers::default()), CancellationToken::new());
        let deps = Deps {
            clock: clock.clone(),
            ops: Ops::new(env!("CARGO_PKG_VERSION"), shutdown.clone()),
            users: users.clone(),
            credentials: ServiceCredentials::accepting([credential]),
        };
        let service = tokio::spawn(inventory_service::run(config, deps, listener, shutdown.clone()));
        Ok(Self { address, clock, hands, users, shutdown, service })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
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
    /// When the inventory of the past could not run.
    pub(super) async fn end(self) -> anyhow::Result<()> {
        self.shutdown.cancel();
        self.service.await?.context("the inventory of the demo's past")
    }

    fn admit(&self, id: UserId, role: Role) -> String {
        let (token, sid): (_, SessionId) = (id.to_string(), self.clock.new_id());
        self.users.accept(&token, ActiveToken { sub: id, roles: vec![role], sid, exp: self.clock.now() + ADMITTED });
        token
    }
}
