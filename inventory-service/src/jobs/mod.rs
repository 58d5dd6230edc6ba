//! Background work. Any number of instances may do it beside each other.

pub(crate) mod gather;
pub(crate) mod sweep;
