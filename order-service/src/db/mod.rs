//! Queries: rows in, domain types out. One implementation for SQLite and PostgreSQL.

pub(crate) mod carts;
pub(crate) mod changes;
mod entity;
pub(crate) mod history;
pub(crate) mod leases;
pub(crate) mod listing;
mod migrations;
pub(crate) mod numbers;
pub(crate) mod orders;
mod rows;

pub(crate) use migrations::Migrator;
pub(crate) use sea_orm::DatabaseTransaction as Transaction;
