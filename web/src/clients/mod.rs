//! What the pages ask of the services, in their public HTTP APIs.

mod call;
mod error;
mod inventory;
mod orders;
mod users;

pub(crate) use call::{Answer, Asking};
pub(crate) use error::ApiError;
pub(crate) use inventory::{Inventory, ItemsQuery};
pub(crate) use orders::Orders;
pub(crate) use users::Users;
