//! What a database says when several want the same at once.

use sea_orm::{DbErr, RuntimeErr};

/// Why a statement was refused although nothing is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contention {
    /// Another transaction was in the way: the same one, begun anew, may succeed.
    Busy,
    /// A rule of the schema was kept: the place, or the piece, is somebody else's by now.
    Taken,
}

/// PostgreSQL: `serialization_failure` and `deadlock_detected`
/// (<https://www.postgresql.org/docs/current/errcodes-appendix.html>). SQLite: BUSY, and what WAL makes of it, RECOVERY and
/// SNAPSHOT (<https://sqlite.org/rescode.html>).
const BUSY: [&str; 5] = ["40001", "40P01", "5", "261", "517"];

/// PostgreSQL: `exclusion_violation`, `check_violation`. SQLite: `CONSTRAINT_CHECK`, and `CONSTRAINT_TRIGGER`, which is what
/// `RAISE` gives.
const TAKEN: [&str; 4] = ["23P01", "23514", "275", "1811"];

/// What of contention there is in this error.
pub(crate) fn contention(error: &DbErr) -> Option<Contention> {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) = error else {
        return None;
    };
    let code = cause.as_database_error()?.code()?;
    if BUSY.contains(&&*code) {
        return Some(Contention::Busy);
    }
    TAKEN.contains(&&*code).then_some(Contention::Taken)
}
