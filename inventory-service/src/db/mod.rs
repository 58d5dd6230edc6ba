//! Queries: rows in, domain types out. One implementation for SQLite and PostgreSQL.

pub(crate) mod categories;
mod entity;
pub(crate) mod imports;
pub(crate) mod items;
pub(crate) mod listing;
mod migrations;
mod rows;
mod search;

pub(crate) use migrations::Migrator;
pub(crate) use sea_orm::DatabaseTransaction as Transaction;
