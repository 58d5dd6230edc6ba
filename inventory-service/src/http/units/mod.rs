mod path;
mod representation;

pub(super) mod add;
pub(super) mod change;
pub(super) mod list;
pub(super) mod remove;
