//! Background work. Every piece may be done twice, and by several instances beside each other.

mod look_after;

pub(crate) use look_after::look_after;
