//! What the pages ask of the services, in their public HTTP APIs.

mod administration;
mod call;
mod error;
mod inventory;
mod operations;
mod orders;
mod pages;
mod payments;
mod photos;
mod units;
mod users;
mod warehouse;

pub(crate) use call::{Answer, Asking};
pub(crate) use error::ApiError;
pub(crate) use inventory::{Inventory, ItemsQuery};
pub(crate) use operations::{Breaker, CacheFill, Operations, Outcome, Upstream};
pub(crate) use orders::Orders;
pub(crate) use pages::all_pages;
pub(crate) use payments::Payments;
pub(crate) use photos::PhotoFile;
pub(crate) use users::Users;
pub(crate) use warehouse::{Report, ReportName, Run, Warehouse};
