use std::sync::Arc;

use service_kit::clock::Clock;

use crate::clients::{Inventory, Operations, Orders, Payments, Users, Warehouse};
use crate::session::{Cookie, Seal};
use crate::shown::Assets;

/// What every page may use.
#[derive(Debug)]
pub(crate) struct Web {
    pub(crate) inventory: Inventory,
    pub(crate) users: Users,
    pub(crate) orders: Orders,
    pub(crate) payments: Payments,
    pub(crate) warehouse: Warehouse,
    pub(crate) operations: Operations,
    pub(crate) seal: Seal,
    pub(crate) cookie: Cookie,
    pub(crate) clock: Clock,
    pub(crate) assets: Arc<Assets>,
    /// Whether the checkout offers the provider that moves no money.
    pub(crate) test_payments: bool,
}
