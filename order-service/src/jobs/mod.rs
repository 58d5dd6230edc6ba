//! Background work. Any number of instances may do it beside each other.

pub(crate) mod saga;
pub(crate) mod stuck;
