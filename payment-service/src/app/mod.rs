//! Use cases: each decides whether it may happen and does it in one transaction before the provider is asked and one after.

pub(crate) mod authorise;
pub(crate) mod check;
pub(crate) mod desk;
mod error;
pub(crate) mod notify;
pub(crate) mod operate;
pub(crate) mod read;
pub(crate) mod renew;
pub(crate) mod resolve;
mod settle;

pub(crate) use error::AppError;

use events::Outbox;
use service_kit::clock::Clock;
use service_kit::db::Db;

use crate::providers::Providers;

/// What every use case needs.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) outbox: Outbox,
    pub(crate) providers: Providers,
}
