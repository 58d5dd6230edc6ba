//! Use cases: each decides whether it may happen and does it in one transaction. Others are asked outside of transactions.

pub(crate) mod carts;
mod error;
pub(crate) mod orders;
mod payments;
mod pricing;
pub(crate) mod saga;

pub(crate) use error::AppError;

use std::fmt;
use std::sync::Arc;

use events::Outbox;
use inventory_api::ReservationClient;
use order_api::OrderId;
use payment_api::PaymentClient;
use service_kit::clock::Clock;
use service_kit::db::Db;
use service_kit::randomness::Randomness;
use tokio::sync::broadcast;

/// Changes that wait for a slow reader; one that misses some reads them from the database.
const NEWS: usize = 1_024;

/// What every use case needs.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) randomness: Randomness,
    pub(crate) inventory: Arc<dyn ReservationClient>,
    pub(crate) payments: Arc<dyn PaymentClient>,
    pub(crate) outbox: Outbox,
    pub(crate) work: Arc<saga::Work>,
    /// What workers of this process write.
    pub(crate) commits: Arc<saga::Commits>,
    /// Names the orders of this process that have changed.
    pub(crate) news: broadcast::Sender<OrderId>,
}

impl App {
    /// A channel for news.
    pub(crate) fn news() -> broadcast::Sender<OrderId> {
        broadcast::Sender::new(NEWS)
    }

    /// Tells readers and the relay of this process, once a change has committed. The others find out by looking.
    pub(crate) fn announce(&self, id: OrderId) {
        self.outbox.wake();
        // It fails when nobody reads, and then nobody misses anything.
        let _ = self.news.send(id);
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("db", &self.db).field("clock", &self.clock).finish_non_exhaustive()
    }
}
