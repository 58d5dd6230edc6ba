use std::time::Duration;

use problem::{Kind, Problem};
use sea_orm::{DbErr, RuntimeErr, SqlErr, SqlxError};

/// Whether a unique constraint refused the row.
pub fn is_unique_violation(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

/// What a client is told of a database error: 503 when the database is busy or away, 500 otherwise. The cause goes to the
/// log, not to the client.
pub fn to_problem(error: &DbErr) -> Problem {
    if is_broken_connection(error) && !is_unconnected(error) {
        tracing::warn!(error = %error, "a database connection broke");
        return Problem::unavailable(
            "The database went away in the middle of this. Whether a change that was asked for has happened is not \
             known: repeat it with the same Idempotency-Key, which never does it twice, or read before you write again.",
            Duration::from_secs(1),
        );
    }
    if is_transient(error) {
        tracing::warn!(error = %error, "database not available");
        return Problem::unavailable("The database does not answer. Nothing was changed.", Duration::from_secs(1));
    }
    tracing::error!(error = %error, "database error");
    Problem::new(Kind::Internal)
}

/// Whether the connection cannot be used any more, so that another one may succeed. Where it breaks instead of an answer to
/// `COMMIT`, nobody knows which way that went.
pub(super) fn is_broken_connection(error: &DbErr) -> bool {
    match cause(error) {
        Some(SqlxError::Io(_) | SqlxError::Protocol(_) | SqlxError::WorkerCrashed) => true,
        Some(SqlxError::Database(refusal)) => refusal.code().is_some_and(|code| is_end_of_session(&code)),
        _ => false,
    }
}

/// Whether there was no connection yet.
fn is_unconnected(error: &DbErr) -> bool {
    matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_))
}

/// Whether the same statement may succeed a little later.
fn is_transient(error: &DbErr) -> bool {
    match cause(error) {
        _ if is_unconnected(error) => true,
        Some(SqlxError::PoolTimedOut | SqlxError::PoolClosed) => true,
        Some(SqlxError::Database(refusal)) => refusal.code().is_some_and(|code| is_passing(&code)),
        _ => is_broken_connection(error),
    }
}

fn cause(error: &DbErr) -> Option<&SqlxError> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(cause))
        | DbErr::Exec(RuntimeErr::SqlxError(cause))
        | DbErr::Query(RuntimeErr::SqlxError(cause)) => Some(cause),
        _ => None,
    }
}

/// PostgreSQL's last words on a connection: class 08, an administrator's shutdown, a crash, not taking connections now. SQLite's
/// codes are numbers below 10,000, which this leaves alone.
fn is_end_of_session(code: &str) -> bool {
    (code.len() == 5 && code.starts_with("08")) || ["57P01", "57P02", "57P03"].contains(&code)
}

/// The codes of refusals that are not the statement's fault. PostgreSQL: serialization failure, deadlock, shutting down, too
/// many connections, disk full, input or output error, read-only because another server was promoted. SQLite's primary code is the low byte of the extended one
/// (<https://sqlite.org/rescode.html>): BUSY, LOCKED, READONLY, IOERR, FULL and CANTOPEN, which an operator can mend.
fn is_passing(code: &str) -> bool {
    const POSTGRES: [&str; 9] = ["40001", "40P01", "57P01", "57P02", "57P03", "53300", "53100", "58030", "25006"];
    const SQLITE: [u32; 6] = [5, 6, 8, 10, 13, 14];
    let is_sqlite = |number: u32| number < 10_000 && SQLITE.contains(&(number & 0xff));
    POSTGRES.contains(&code) || code.parse().is_ok_and(is_sqlite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_or_can_be_mended_is_told_from_what_is_wrong() {
        for code in ["5", "261", "517", "8", "10", "778", "4874", "13", "14", "40001", "53100", "25006"] {
            assert!(is_passing(code), "{code}");
        }
        // SQLITE_ERROR, constraint violations on either database, a syntax error.
        for code in ["1", "2067", "1555", "23505", "23514", "42601", ""] {
            assert!(!is_passing(code), "{code}");
        }
    }

    #[test]
    fn a_broken_connection_leaves_it_open_whether_anything_happened() {
        let lost = || SqlxError::Io(std::io::ErrorKind::ConnectionReset.into());
        let asked = DbErr::Query(RuntimeErr::SqlxError(lost().into()));
        let connecting = DbErr::Conn(RuntimeErr::SqlxError(lost().into()));
        for (error, is_known) in [(asked, false), (connecting, true)] {
            let problem = to_problem(&error);
            assert_eq!(problem.kind(), Kind::Unavailable);
            assert!(problem.headers().contains_key("retry-after"));
            assert_eq!(problem.detail().unwrap().contains("Nothing was changed"), is_known, "{problem:?}");
            assert_eq!(problem.detail().unwrap().contains("Idempotency-Key"), !is_known, "{problem:?}");
        }
        for code in ["57P01", "08006"] {
            assert!(is_end_of_session(code), "{code}");
        }
        for code in ["25006", "40001", "8", "08"] {
            assert!(!is_end_of_session(code), "{code}");
        }
    }
}
