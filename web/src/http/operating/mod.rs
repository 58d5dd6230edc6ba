//! For administrators: people, the audit trail, stuck orders, and how everything goes.

pub(super) mod audit;
pub(super) mod change_person;
pub(super) mod decide;
mod events;
mod listing;
pub(super) mod operations;
pub(super) mod people;
pub(super) mod person;
pub(super) mod report;
pub(super) mod reset;
pub(super) mod run;
pub(super) mod stuck;
