use std::sync::{Arc, OnceLock};

use tokio::sync::Semaphore;

use super::Limits;
use super::addresses::Addresses;

/// Counts the open connections of listeners, in all and of each address. Listeners with clones of one [`Limits`] count together,
/// so that a client has no more by coming through two doors.
#[derive(Debug, Clone, Default)]
pub struct Caps(Arc<OnceLock<Counted>>);

#[derive(Debug, Clone)]
pub(super) struct Counted {
    pub(super) room: Arc<Semaphore>,
    pub(super) addresses: Addresses,
}

impl Caps {
    /// What is counted so far; the first listener says how many there may be.
    pub(super) fn counted(&self, limits: &Limits) -> Counted {
        let counted = self.0.get_or_init(|| Counted {
            room: Arc::new(Semaphore::new(limits.connections.clamp(1, Semaphore::MAX_PERMITS))),
            addresses: Addresses::new(limits.connections_per_address, limits.proxies.clone()),
        });
        counted.clone()
    }
}
