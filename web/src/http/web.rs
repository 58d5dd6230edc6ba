use std::sync::Arc;

use service_kit::clock::Clock;

use crate::clients::{Inventory, Users};
use crate::session::{Cookie, Seal};
use crate::shown::Assets;

/// What every page may use.
#[derive(Debug)]
pub(crate) struct Web {
    pub(crate) inventory: Inventory,
    pub(crate) users: Users,
    pub(crate) seal: Seal,
    pub(crate) cookie: Cookie,
    pub(crate) clock: Clock,
    pub(crate) assets: Arc<Assets>,
}
