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
            sea_orm::SqlxError::Database(refusal) => refusal.code().is_some_and(|code| is_passing(&code)),
            _ => false,
        },
        _ => false,
    }
}

/// The codes of refusals that are not the statement's fault. PostgreSQL: serialization failure, deadlock, shutting down, too
/// many connections, disk full, input or output error. SQLite's primary code is the low byte of the extended one
/// (<https://sqlite.org/rescode.html>): BUSY, LOCKED, READONLY, IOERR, FULL and CANTOPEN, which an operator can mend.
fn is_passing(code: &str) -> bool {
    const POSTGRES: [&str; 8] = ["40001", "40P01", "57P01", "57P02", "57P03", "53300", "53100", "58030"];
    const SQLITE: [u32; 6] = [5, 6, 8, 10, 13, 14];
    let is_sqlite = |number: u32| number < 10_000 && SQLITE.contains(&(number & 0xff));
    POSTGRES.contains(&code) || code.parse().is_ok_and(is_sqlite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_or_can_be_mended_is_told_from_what_is_wrong() {
        for code in ["5", "261", "517", "8", "10", "778", "4874", "13", "14", "40001", "53100"] {
            assert!(is_passing(code), "{code}");
        }
        // SQLITE_ERROR, constraint violations on either database, a syntax error.
        for code in ["1", "2067", "1555", "23505", "23514", "42601", ""] {
            assert!(!is_passing(code), "{code}");
        }
    }
}
