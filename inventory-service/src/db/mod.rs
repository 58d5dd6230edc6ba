//! Queries: rows in, domain types out. One implementation for SQLite and PostgreSQL.

pub(crate) mod categories;
pub(crate) mod category_counts;
pub(crate) mod contention;
mod entity;
pub(crate) mod history;
pub(crate) mod imports;
pub(crate) mod items;
pub(crate) mod listing;
mod migrations;
pub(crate) mod photos;
pub(crate) mod reservations;
mod rows;
pub(crate) mod schedules;
mod search;
pub(crate) mod units;

pub(crate) use migrations::Migrator;
pub(crate) use sea_orm::DatabaseTransaction as Transaction;
