//! What orders are about: types that cannot be wrong, and the rules of the saga. Nothing here waits or asks anybody.

pub(crate) mod days;
pub(crate) mod line;
pub(crate) mod order;
pub(crate) mod quote;
pub(crate) mod request;
pub(crate) mod saga;
pub(crate) mod stage;
pub(crate) mod step;
pub(crate) mod words;
