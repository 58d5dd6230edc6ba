use std::time::Duration;

use problem::{Kind, Problem};
use sea_orm::{DbErr, RuntimeErr, SqlErr};

/// Whether a unique constraint refused the row.
pub fn is_unique_violation(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

/// What a client is told of a database error: 503 when the database is busy or away, 500 otherwise. The cause goes to the
/// log, not to the client.
pub fn to_problem(error: &DbErr) -> Problem {
    if is_transient(error) {
        tracing::warn!(error = %error, "database not available");
        return Problem::unavailable("The database does not answer. Nothing was changed.", Duration::from_secs(1));
    }
    tracing::error!(error = %error, "database error");
    Problem::new(Kind::Internal)
}

/// Whether the same statement may succeed a little later.
fn is_transient(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => match &**cause {
            sea_orm::SqlxError::Io(_)
            | sea_orm::SqlxError::PoolTimedOut
            | sea_orm::SqlxError::PoolClosed
            | sea_orm::SqlxError::WorkerCrashed => true,
            // PostgreSQL: serialization failure, deadlock, shutting down, too many connections. SQLite: BUSY, LOCKED, FULL.
            sea_orm::SqlxError::Database(refusal) => refusal.code().is_some_and(|code| {
                ["40001", "40P01", "57P01", "57P02", "57P03", "53300", "5", "6", "13", "261", "517"].contains(&&*code)
            }),
            _ => false,
        },
        _ => false,
    }
}
