use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use events::InProcessBus;
use inventory_api::HttpReservations;
use payment_api::HttpPayments;
use peer::{HttpClient, Peer, PeerSettings};
use service_kit::RunError;
use service_kit::clock::Clock;
use service_kit::credential::ServiceCredentials;
use service_kit::ops::Ops;
use service_kit::randomness::Randomness;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;
use user_api::HttpUsers;
use vocabulary::Secret;

use super::Service;

/// Nobody listens there (tcpmux, RFC 1078), and nobody is asked.
const NOBODY: &str = "http://127.0.0.1:1";

/// For as long as it takes to start and to stop again.
const CONNECT: Duration = Duration::from_millis(400);

/// Makes the tables of a service in a database that is empty: the service itself does, which is started and has been asked to stop
/// already. What it puts there at its first start goes when the move begins.
pub(super) async fn make(service: Service, url: &Secret) -> anyhow::Result<()> {
    let photos = tempfile::tempdir().context("the folder for temporary files cannot be written to")?;
    let stopped = CancellationToken::new();
    stopped.cancel();
    let begun = Begun {
        listener: TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("the system has no free loopback port")?,
        ops: Ops::new(env!("CARGO_PKG_VERSION"), stopped.clone()),
        http: peer::http_client(CONNECT)?,
        stopped,
    };
    let outcome = match service {
        Service::Users => begun.users(url).await,
        Service::Inventory => begun.inventory(url, photos.path()).await,
        Service::Payments => begun.payments(url).await,
        Service::Orders => begun.orders(url).await,
    };
    outcome.map_err(anyhow::Error::new)
}

/// What the services start with.
struct Begun {
    listener: TcpListener,
    ops: Ops,
    http: HttpClient,
    stopped: CancellationToken,
}

impl Begun {
    async fn users(self, url: &Secret) -> Result<(), RunError> {
        let config = user_service::Config { database_url: url.clone(), ..user_service::Config::default() };
        let deps = user_service::Deps {
            clock: Clock::system(),
            randomness: Randomness::system(),
            ops: self.ops,
            credentials: ServiceCredentials::accepting([]),
            cache: Arc::new(cache::InProcess::new(0)),
        };
        Box::pin(user_service::run(config, deps, self.listener, self.stopped)).await
    }

    async fn inventory(self, url: &Secret, photos: &Path) -> Result<(), RunError> {
        let config = inventory_service::Config {
            database_url: url.clone(),
            photos: photos.to_owned(),
            ..inventory_service::Config::default()
        };
        let deps = inventory_service::Deps {
            clock: Clock::system(),
            users: Arc::new(HttpUsers::new(self.nobody()?)),
            ops: self.ops,
            bus: Arc::new(InProcessBus::default()),
            credentials: ServiceCredentials::accepting([]),
        };
        Box::pin(inventory_service::run(config, deps, self.listener, self.stopped)).await
    }

    async fn payments(self, url: &Secret) -> Result<(), RunError> {
        let config = payment_service::Config { database_url: url.clone(), ..payment_service::Config::default() };
        let deps = payment_service::Deps {
            clock: Clock::system(),
            users: Arc::new(HttpUsers::new(self.nobody()?)),
            ops: self.ops,
            credentials: ServiceCredentials::accepting([]),
            bus: Arc::new(InProcessBus::default()),
        };
        Box::pin(payment_service::run(config, deps, self.listener, self.stopped)).await
    }

    async fn orders(self, url: &Secret) -> Result<(), RunError> {
        let config = order_service::Config { database_url: url.clone(), ..order_service::Config::default() };
        let deps = order_service::Deps {
            clock: Clock::system(),
            randomness: Randomness::system(),
            users: Arc::new(HttpUsers::new(self.nobody()?)),
            inventory: Arc::new(HttpReservations::new(self.nobody()?)),
            payments: Arc::new(HttpPayments::new(self.nobody()?)),
            ops: self.ops,
            bus: Arc::new(InProcessBus::default()),
            credentials: ServiceCredentials::accepting([]),
        };
        Box::pin(order_service::run(config, deps, self.listener, self.stopped)).await
    }

    /// The other services, which a service that stops has no questions for.
    fn nobody(&self) -> Result<Peer, RunError> {
        let origin = Url::parse(NOBODY).map_err(|error| RunError::Settings(error.to_string()))?;
        let seed = u64::from_ne_bytes(Randomness::system().bytes());
        Peer::new(PeerSettings::new("nobody", origin), self.http.clone(), seed)
            .map_err(|error| RunError::Settings(error.to_string()))
    }
}
