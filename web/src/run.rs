use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use peer::{Peer, PeerSettings};
use service_kit::RunError;
use service_kit::clock::Clock;
use service_kit::ops::Ops;
use service_kit::randomness::Randomness;
use service_kit::serve::{Limits, serve};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::clients::{Inventory, Operations, Orders, Payments, Users, Warehouse};
use crate::config::Config;
use crate::http::{Web, router};
use crate::session::{Cookie, Seal};
use crate::shown::Assets;

/// How long it may take until a service accepts a connection.
const CONNECT: Duration = Duration::from_millis(250);

/// How long one attempt to ask a service may take, so that another fits into what a page waits.
const ATTEMPT: Duration = Duration::from_secs(2);

/// How long the inventory may work on one photo.
pub const PHOTO_ATTEMPT: Duration = Duration::from_secs(8);

/// How long the warehouse may work on one report.
pub const REPORT_ATTEMPT: Duration = Duration::from_secs(8);

/// What the pages need of the world around them. The peers carry no credential: they ask what everybody may ask, or speak
/// for a member by the member's own token.
#[derive(Debug, Clone)]
pub struct Deps {
    pub clock: Clock,
    /// For session cookies.
    pub randomness: Randomness,
    /// Where its checks and metrics are shown.
    pub ops: Ops,
    /// The user service.
    pub users: Peer,
    /// The inventory.
    pub inventory: Peer,
    /// The inventory again, for photos, which take longer than what a page waits for.
    pub photos: Peer,
    /// The order service.
    pub orders: Peer,
    /// The payment service.
    pub payments: Peer,
    /// The warehouse, where there is one.
    pub warehouse: Option<Peer>,
    /// The gateway's operations listener, where it may be asked.
    pub operations: Option<Peer>,
}

impl Deps {
    /// What a process of its own uses: the machine's clock, and the services that the settings name.
    ///
    /// # Errors
    /// When a setting cannot be used; the error says which.
    pub fn of_process(config: &Config, ops: Ops) -> Result<Self, RunError> {
        let http = peer::http_client(CONNECT).map_err(|error| unusable("the HTTP client", &error))?;
        let randomness = Randomness::system();
        let patient = |name: &str, setting: &str, url: &str, attempt_timeout: Duration| {
            let settings = PeerSettings::parse(name, url).map_err(|error| unusable(setting, &error))?;
            let settings = PeerSettings { attempt_timeout, ..settings };
            let seed = u64::from_ne_bytes(randomness.bytes());
            let peer = Peer::new(settings, http.clone(), seed).map_err(|error| unusable(setting, &error))?;
            tokio::spawn(peer.watch());
            Ok::<_, RunError>(peer)
        };
        let peer = |name: &str, setting: &str, url: &str| patient(name, setting, url, ATTEMPT);
        let users = peer("user-service", "users_url", &config.users_url)?;
        let inventory = peer("inventory-service", "inventory_url", &config.inventory_url)?;
        let photos = patient("inventory-photos", "inventory_url", &config.inventory_url, PHOTO_ATTEMPT)?;
        let orders = peer("order-service", "orders_url", &config.orders_url)?;
        let payments = peer("payment-service", "payments_url", &config.payments_url)?;
        let optional = |name: &str, setting: &str, url: &str| {
            (!url.is_empty()).then(|| patient(name, setting, url, REPORT_ATTEMPT)).transpose()
        };
        let warehouse = optional("warehouse", "warehouse_url", &config.warehouse_url)?;
        let operations = optional("operations", "operations_url", &config.operations_url)?;
        let clock = Clock::system();
        Ok(Self { clock, randomness, ops, users, inventory, photos, orders, payments, warehouse, operations })
    }
}

/// Serves until `shutdown`, then finishes what has begun. It is ready as soon as it serves: a page says itself what it
/// misses.
///
/// # Errors
/// When a setting cannot be used, or the listener fails for good.
pub async fn run(
    config: Config,
    deps: Deps,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), RunError> {
    let seal = Seal::new(&config.session_keys()?, deps.randomness);
    let web = Web {
        inventory: Inventory::new(deps.inventory, deps.photos),
        users: Users::new(deps.users),
        orders: Orders::new(deps.orders),
        payments: Payments::new(deps.payments),
        warehouse: Warehouse::new(deps.warehouse),
        operations: Operations::new(deps.operations),
        cookie: Cookie::new(seal.clone(), config.secure_cookies),
        seal,
        clock: deps.clock,
        assets: Arc::new(Assets::new()),
        test_payments: config.test_payments,
    };
    let router = router(Arc::new(web), config.request_deadline()).merge(deps.ops.readiness());
    Ok(serve(listener, router, Limits::default(), shutdown).await?)
}

fn unusable(setting: &str, error: &dyn fmt::Display) -> RunError {
    RunError::Settings(format!("{setting}: {error}"))
}
