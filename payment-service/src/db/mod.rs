//! Queries: rows in, domain types out. One implementation for SQLite and PostgreSQL.

pub(crate) mod bank;
mod entity;
pub(crate) mod listing;
mod migrations;
pub(crate) mod notices;
pub(crate) mod payments;
mod rows;
pub(crate) mod work;

pub(crate) use migrations::Migrator;
pub(crate) use sea_orm::DatabaseTransaction as Transaction;
