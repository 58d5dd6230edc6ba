use chrono::{DateTime, Utc};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::Op;
use crate::delta::Key;
use crate::pseudonym::Pseudonyms;
use crate::source::{Kind, Table};

/// A row as the statements of this module give it: the operation, the key, the change's number, and the columns of the
/// allow-list in their order, all empty for a deletion.
pub(crate) trait SourceRow {
    fn uuid(&self, index: usize) -> Result<Option<Uuid>, sqlx::Error>;
    fn text(&self, index: usize) -> Result<Option<&str>, sqlx::Error>;
    fn integer(&self, index: usize) -> Result<Option<i64>, sqlx::Error>;
    /// Microseconds since 1970.
    fn time_micros(&self, index: usize) -> Result<Option<i64>, sqlx::Error>;

    fn op(&self) -> Result<Op, sqlx::Error> {
        Ok(Op::of_letter(self.text(0)?.unwrap_or_default()))
    }

    fn key(&self, table: &Table, names: &Pseudonyms) -> Result<Key, sqlx::Error> {
        let key = match table.key_kind() {
            Kind::Integer => self.integer(KEY)?.map(Key::Number),
            _ => self.uuid(KEY)?.map(|id| Key::Hash(names.of(id))),
        };
        key.ok_or_else(|| sqlx::Error::ColumnNotFound("key".to_owned()))
    }

    fn change(&self) -> Result<i64, sqlx::Error> {
        Ok(self.integer(2)?.unwrap_or_default())
    }
}

/// Where a row has its key.
pub(crate) const KEY: usize = 1;

/// Where the columns of the allow-list begin in a row.
pub(crate) const FIRST_COLUMN: usize = 3;

impl SourceRow for SqliteRow {
    fn uuid(&self, index: usize) -> Result<Option<Uuid>, sqlx::Error> {
        self.try_get(index).map_err(|_| none("UUID"))
    }

    fn text(&self, index: usize) -> Result<Option<&str>, sqlx::Error> {
        self.try_get(index).map_err(|_| none("text"))
    }

    fn integer(&self, index: usize) -> Result<Option<i64>, sqlx::Error> {
        self.try_get(index).map_err(|_| none("integer"))
    }

    fn time_micros(&self, index: usize) -> Result<Option<i64>, sqlx::Error> {
        let time = self.try_get::<Option<DateTime<Utc>>, _>(index).map_err(|_| none("time"))?;
        Ok(time.map(|time| time.timestamp_micros()))
    }
}

/// The failure of a value, which SQLite takes as it comes. sqlx's own words may quote it.
fn none(kind: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("it is no {kind}").into())
}
