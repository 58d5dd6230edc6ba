//! The tables as sea-orm sees them.

pub(super) mod cart_line;
pub(super) mod order;
pub(super) mod order_event;
pub(super) mod order_line;
pub(super) mod order_step;
