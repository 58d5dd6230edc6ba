use std::path::PathBuf;

use chrono::{DateTime, Utc};
use deltalake::DeltaTableError;
use deltalake::arrow::error::ArrowError;
use deltalake::datafusion::error::DataFusionError;

/// Why the warehouse could not do what was asked. Each names the thing and what helps.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EtlError {
    /// An address of a database is neither form.
    #[error("{setting} is not understood; it is sqlite:<path> or postgres://user:password@host/database")]
    Address { setting: &'static str },
    #[error(
        "pseudonym_key has to have at least {bytes} bytes; set it to random text that is kept outside the warehouse"
    )]
    PseudonymKey { bytes: usize },
    #[error("schedule `{text}` is not understood; it is an interval such as `15m` or a cron line such as `0 4 * * *`")]
    Schedule { text: String },
    #[error("there is no report `{name}`; the reports are {names}")]
    NoReport { name: String, names: String },
    /// The database of a service does not answer, or stopped answering.
    #[error(
        "the database of {name} cannot be read: {}; check that {name}_database_url is right, the database runs and its user may \
         read it",
        of_database(cause)
    )]
    Source {
        name: &'static str,
        #[source]
        cause: Box<sqlx::Error>,
    },
    /// The service has never run against this database, so nothing records its changes.
    #[error("the database of {name} has no table etl_change; start that service once, its migrations create it")]
    NoChangeTable { name: &'static str },
    /// Another service's database, or one that has not been migrated for long.
    #[error(
        "the database of {name} has no table {table}; check that {name}_database_url names that service's database, and start \
         the service of this version once, its migrations create the table"
    )]
    NoTable { name: &'static str, table: &'static str },
    /// A table of the service is that of another version.
    #[error(
        "the table {table} in the database of {name} lacks what the warehouse reads: {missing}; its schema is older or \
         newer than this program, so start the {name} service of the same version once, its migrations bring the schema \
         up to date, or start the program that goes with it; until then the table waits and nothing of it is lost"
    )]
    OldSchema { name: &'static str, table: &'static str, missing: String },
    /// The database could not read a value as the type the warehouse has agreed on. Its own words may quote the value, so
    /// only the SQLSTATE is kept.
    #[error(
        "the table {table} in the database of {name} holds a value that is not of the type the warehouse has agreed on \
         (SQLSTATE {code}); start the program that goes with the {name} service's schema; until then the table waits and \
         nothing of it is lost"
    )]
    Misfit { name: &'static str, table: &'static str, code: String },
    /// A column has another type than the warehouse has agreed on; a cast would change its values.
    #[error(
        "{table}.{column} in the database of {name} is of the type {found}, which the warehouse cannot keep as it is; start the \
         program that goes with the {name} service's schema; until then the table waits and nothing of it is lost"
    )]
    OtherType { name: &'static str, table: &'static str, column: &'static str, found: String },
    /// Several sources or tables could not be read to their end.
    #[error("{first}; and {second}")]
    Both { first: Box<EtlError>, second: Box<EtlError> },
    /// A value does not fit the type the warehouse has agreed on.
    #[error(
        "{table}.{column} holds a value the warehouse cannot keep: {reason}; until that is mended, or a program that knows \
         the new type is started, the table waits and nothing of it is lost"
    )]
    Value { table: &'static str, column: &'static str, reason: String },
    #[error("the warehouse folder {} cannot be used: {cause}; check that it exists, is writable and has room", path.display())]
    Folder {
        path: PathBuf,
        #[source]
        cause: std::io::Error,
    },
    #[error(
        "the warehouse {address} cannot be used: {reason}; it is a folder, or s3://bucket/path, gs://bucket/path or \
         az://container/path with what reaches it in warehouse_options"
    )]
    Bucket { address: String, reason: String },
    #[error("warehouse_options is not understood; it is `key=value` after `key=value` with white space between")]
    BucketOptions,
    /// A table of the warehouse is damaged, or was changed by somebody else.
    #[error(
        "the warehouse table {table} cannot be read or written: {}; if it is damaged, restore its folder from a backup, or move it \
         away, and the next run fills it anew",
        in_short(cause)
    )]
    Table {
        table: &'static str,
        #[source]
        cause: Box<DeltaTableError>,
    },
    /// What a power cut may leave of a commit.
    #[error(
        "the warehouse table {table} is damaged: {file} is empty; restore the folder of the table from a backup, or move it away, \
         and the next run fills it anew"
    )]
    EmptyCommit { table: &'static str, file: String },
    /// A table that the last batch names.
    #[error(
        "the warehouse table {table} is not there any more; restore its folder from a backup, or run, which fills it anew"
    )]
    Missing { table: &'static str },
    /// Another version of this program filled the table.
    #[error(
        "the warehouse table {table} has a column {column} that this program does not know or keeps as another type; start \
         the program that filled it, or move the folder of the table away, and the next run fills it anew"
    )]
    OtherColumns { table: &'static str, column: String },
    /// A row that this program has not written.
    #[error(
        "the warehouse table {table} has a row whose key is {key}, which this program never writes; move the folder of the \
         table away, and the next run fills it anew"
    )]
    WrongKey { table: &'static str, key: String },
    #[error("the warehouse table {table} was changed by another writer meanwhile; run again")]
    Conflict { table: &'static str },
    /// Rows could not be put into columns; a defect rather than an operator's mistake.
    #[error("the rows of {table} do not fit its columns: {cause}")]
    Columns {
        table: &'static str,
        #[source]
        cause: ArrowError,
    },
    #[error("another run is under way, started by {holder}; wait for it, or until {until} if it has died")]
    UnderWay { holder: String, until: DateTime<Utc> },
    #[error("the run took too long between two signs of life and another one may have begun; run again")]
    LeaseLost,
    #[error("it was stopped together with its process; the next run continues where the last one was")]
    Stopped,
    #[error(
        "pseudonym_key is not the one the warehouse was filled with, so every id in it would get a second pseudonym; \
         set the former key again, or delete the warehouse folder and its database to begin anew"
    )]
    OtherKey,
    #[error(
        "database_url is the database of the {name} service; name one for the warehouse's runs alone, such as sqlite:etl.db"
    )]
    ForeignDatabase { name: &'static str },
    /// The warehouse's own small database, with the lease and the records of runs.
    #[error("the database of the warehouse's runs cannot be used: {}; check database_url", of_database(cause))]
    Runs {
        #[source]
        cause: Box<sqlx::Error>,
    },
    #[error(
        "the database file of the warehouse's runs, {}, is damaged: {reason}; move it away with its -wal and -shm, and leave \
         pseudonym_key as it is: the warehouse is complete without that file, only the list of past runs begins anew",
        path.display()
    )]
    RunsFile { path: PathBuf, reason: String },
    #[error(
        "the database file of the warehouse's runs, {}, cannot be used: {reason}; check that its folder exists, that it can be \
         written and has room, and that no other program keeps it locked",
        path.display()
    )]
    RunsUnusable { path: PathBuf, reason: String },
    #[error("the warehouse holds no batch yet; run it once first")]
    Empty,
    #[error("the process cannot listen for signals: {cause}")]
    Signals {
        #[source]
        cause: std::io::Error,
    },
    /// What was asked for could not be printed.
    #[error("the answer cannot be written to standard output: {cause}")]
    Output {
        #[source]
        cause: std::io::Error,
    },
    #[error("the query is not accepted: {reason}")]
    Query { reason: String },
    /// Files that the table's log names are missing or damaged, or the machine's memory or disk is short.
    #[error(
        "the warehouse's files cannot be read: {}; if they are damaged, restore the folder from a backup, or move the folder of the \
         table away, and the next run fills it anew",
        in_short(cause)
    )]
    Unreadable {
        #[source]
        cause: Box<DataFusionError>,
    },
}

impl EtlError {
    pub(crate) fn unreadable(cause: DataFusionError) -> Self {
        Self::Unreadable { cause: Box::new(cause) }
    }

    /// The words of the innermost cause.
    pub(crate) fn root(&self) -> String {
        let mut cause: &dyn std::error::Error = self;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        cause.to_string()
    }

    /// Whether only one source is to blame, so that the others can still be read.
    pub(crate) fn is_of_source(&self) -> bool {
        matches!(self, Self::Source { .. } | Self::NoChangeTable { .. })
    }

    /// Whether only one table is to blame, so that the others can still be read.
    pub(crate) fn is_of_table(&self) -> bool {
        matches!(
            self,
            Self::OldSchema { .. }
                | Self::NoTable { .. }
                | Self::OtherType { .. }
                | Self::Table { .. }
                | Self::EmptyCommit { .. }
                | Self::Missing { .. }
                | Self::Misfit { .. }
                | Self::Value { .. }
                | Self::OtherColumns { .. }
                | Self::WrongKey { .. }
        )
    }

    /// Whether a value is to blame.
    pub(crate) fn is_of_value(&self) -> bool {
        matches!(self, Self::Misfit { .. } | Self::Value { .. })
    }

    /// Whether the warehouse's own tables could not be read, or not any more.
    pub(crate) fn is_of_warehouse(&self) -> bool {
        match self {
            Self::Both { first, second } => first.is_of_warehouse() || second.is_of_warehouse(),
            Self::Table { .. } | Self::Missing { .. } | Self::Unreadable { .. } => true,
            _ => false,
        }
    }

    /// This failure after an earlier one of the same run.
    pub(crate) fn after(self, earlier: Option<Self>) -> Self {
        match earlier {
            Some(first) => Self::Both { first: Box::new(first), second: Box::new(self) },
            None => self,
        }
    }

    pub(crate) fn runs(cause: sqlx::Error) -> Self {
        Self::Runs { cause: Box::new(cause) }
    }

    /// Names a key of the warehouse that is none, or that is missing.
    pub(crate) fn wrong_key(table: &'static str, key: Option<&str>) -> Self {
        Self::WrongKey { table, key: key.map_or("nothing".to_owned(), |key| format!("{key:?}")) }
    }

    /// Names the warehouse table of a failure.
    pub(crate) fn table(table: &'static str) -> impl Fn(DeltaTableError) -> Self + Copy {
        move |cause| Self::Table { table, cause: Box::new(cause) }
    }
}

/// The longest part of somebody else's message that is passed on; some are whole structures, or end with a backtrace.
const SHORT: usize = 500;

/// A message as one line of a bearable length.
fn in_short(cause: &dyn std::error::Error) -> String {
    let text = cause.to_string();
    let told = text.split("\n\nbacktrace:").next().unwrap_or_default();
    let line = told.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHORT) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None => line,
    }
}

/// What a database says, without the line of its own source that sqlx adds.
fn of_database(cause: &sqlx::Error) -> String {
    match cause.as_database_error() {
        Some(error) => error.message().to_owned(),
        None => in_short(cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_elses_words_are_one_line() {
        let cause = DeltaTableError::generic(format!("a\n  b {}\n\nbacktrace: c", "ä".repeat(1_000)));
        let told = EtlError::table("raw_users")(cause).to_string();
        assert!(told.contains("a b ää") && !told.contains("backtrace") && !told.contains('\n'), "{told}");
        assert!(told.chars().count() < 800, "{told}");
    }
}
