//! The units of a member's thing, each with what is written on it.

pub(in crate::http) mod add;
pub(in crate::http) mod change;
mod page;
pub(in crate::http) mod show;
