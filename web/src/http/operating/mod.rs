//! For administrators: people, the audit trail, stuck orders, payments at the desk, and how everything goes.

pub(super) mod audit;
pub(super) mod change_person;
pub(super) mod decide;
pub(super) mod desk;
pub(super) mod desk_paid;
mod events;
mod listing;
pub(super) mod operations;
pub(super) mod people;
pub(super) mod person;
pub(super) mod report;
pub(super) mod reset;
pub(super) mod run;
pub(super) mod stuck;
