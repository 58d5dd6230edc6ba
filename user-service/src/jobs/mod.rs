//! Background work. Every job may run on several instances at once and be repeated.

pub(crate) mod keys;
pub(crate) mod purge;
pub(crate) mod refusals;
