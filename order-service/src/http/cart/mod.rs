pub(super) mod clear;
pub(super) mod get;
pub(super) mod put_line;
pub(super) mod quote;
pub(super) mod remove_line;
mod representation;
