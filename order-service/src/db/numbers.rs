//! The numbers of orders.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, Statement};

/// The next number: higher than those of all orders that were placed before this one was asked for. SQLite, with its one
/// writer, counts in a row; PostgreSQL by a sequence, for which nobody waits until another's order is written down. A
/// placement that fails after this leaves a gap there.
pub(crate) async fn next(tx: &DatabaseTransaction) -> Result<i64, DbErr> {
    let backend = tx.get_database_backend();
    let sql = match backend {
        DbBackend::Postgres => "SELECT nextval('order_numbers')",
        _ => "UPDATE order_numbers SET last = last + 1 RETURNING last",
    };
    match tx.query_one_raw(Statement::from_string(backend, sql)).await? {
        Some(row) => row.try_get_by_index(0),
        None => Err(DbErr::Custom("order_numbers has no row".to_owned())),
    }
}
