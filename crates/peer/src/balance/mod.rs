//! Sharing calls among the instances of one upstream: the less loaded of two is chosen, one that fails is ejected, one that
//! says it is not ready is spared, and one that is back warms up. When fewer than half are well, all get calls again.

mod guard;
mod health;
mod instance;
mod latency;
mod pick;
mod pool;
mod settings;
mod snapshot;
#[cfg(test)]
mod tests;

pub(crate) use guard::Guard;
pub(crate) use health::Found;
pub(crate) use instance::{Address, Instance};
pub(crate) use pool::Pool;

pub use health::{InstanceReason, InstanceState};
pub use settings::{BalanceSettings, ReadyCheck};
pub use snapshot::{InstanceChange, InstanceSnapshot, UpstreamSnapshot};
