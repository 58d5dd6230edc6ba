//! Use cases: each decides whether it may happen and does it in one transaction.

pub(crate) mod availability;
pub(crate) mod batch;
pub(crate) mod categories;
mod error;
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

use ::photos::PhotoStore;
use service_kit::clock::Clock;
use service_kit::db::Db;

/// What every use case needs.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) photos: PhotoStore,
}
