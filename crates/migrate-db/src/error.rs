use std::path::PathBuf;

/// Why a database is not moved, with what helps. Nothing was changed that a second attempt does not go on from.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    #[error("there is no database {}; check the path after sqlite:", path.display())]
    NoFile { path: PathBuf },
    #[error("{} is no SQLite database, or a damaged one; name another, or restore it from a backup", path.display())]
    NotADatabase { path: PathBuf },
    #[error("{} is in use by a running process; stop it, and move the database when nobody writes to it", path.display())]
    InUse { path: PathBuf },
    #[error("{} cannot be read: {source}", path.display())]
    Source { path: PathBuf, source: sqlx::Error },
    #[error("the address to move to is not understood; it is postgres://user:password@host/database")]
    Address,
    #[error("nobody answers at {place} ({source}); start PostgreSQL there, or correct the host and the port")]
    Unreachable { place: String, source: sqlx::Error },
    #[error("{place} refuses the user or the password; correct them in the address")]
    Password { place: String },
    #[error("there is no database {place}; create it, owned by the user of the address")]
    NoDatabase { place: String },
    #[error("the database {place} is being used: {why}; stop that first")]
    Busy { place: String, why: String },
    #[error("the database {place} has rows already ({tables}); create an empty one and name that")]
    HasRows { place: String, tables: String },
    #[error("the database {place} holds part of another move; create an empty one and name that")]
    OtherMove { place: String },
    #[error("the source was made by a newer Lendery (it has the migration {migration}); move it with that version")]
    NewerSource { migration: String },
    #[error("the source is of an older Lendery (it lacks the migration {migration}); start this version on it once")]
    OlderSource { migration: String },
    #[error("{what} has no place in the other database; this version cannot move it")]
    Schema { what: String },
    #[error("{table}.{column} of the row {row} cannot be kept by PostgreSQL: {reason}")]
    Value { table: String, column: String, row: i64, reason: String },
    #[error(
        "the rows of {table} are not the same on both sides ({source_rows} and {target_rows}); move them again into an empty database"
    )]
    Different { table: String, source_rows: i64, target_rows: i64 },
    #[error("PostgreSQL at {place} failed: {source}; run the same command again, which goes on from there")]
    Target { place: String, source: sqlx::Error },
}
