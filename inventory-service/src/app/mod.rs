//! Use cases: each decides whether it may happen and does it in one transaction.

pub(crate) mod availability;
pub(crate) mod batch;
pub(crate) mod categories;
mod error;
mod events;
pub(crate) mod export;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod items;
pub(crate) mod listing;
pub(crate) mod named_units;
pub(crate) mod photos;
pub(crate) mod reservations;
mod retry;
mod units;

pub(crate) use error::AppError;

use ::events::Outbox;
use ::photos::PhotoStore;
use service_kit::clock::Clock;
use service_kit::db::Db;

use crate::db;

/// What every use case needs.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) photos: PhotoStore,
    /// What others are told.
    pub(crate) outbox: Outbox,
}

impl App {
    /// Ends the transaction, and lets others hear at once what is told in it.
    async fn commit(&self, tx: db::Transaction) -> Result<(), AppError> {
        tx.commit().await?;
        self.outbox.wake();
        Ok(())
    }
}
