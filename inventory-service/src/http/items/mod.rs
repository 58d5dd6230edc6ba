pub(super) mod availability;
pub(super) mod batch;
mod change;
pub(super) mod create;
pub(super) mod export;
pub(super) mod get;
pub(super) mod history;
pub(super) mod list;
pub(super) mod mine;
pub(super) mod replace;
mod representation;
pub(super) mod retire;
pub(super) mod update;

pub(super) use representation::{groups, wire};
