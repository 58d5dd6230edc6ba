use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, TypeInfo, ValueRef};
use uuid::Uuid;

/// What a column of PostgreSQL holds, as far as SQLite writes it in another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Boolean,
    /// 16, 32 or 64 bits.
    Integer,
    Float,
    Text,
    Bytes,
    /// 16 bytes in SQLite.
    Uuid,
    /// RFC 3339 in SQLite; microseconds, which is what PostgreSQL keeps.
    Timestamp,
    Json,
}

/// A value in the one way of writing it that both sides are compared in, and that PostgreSQL reads.
pub(crate) type Cell = Option<String>;

impl Kind {
    /// The kind of a type as `format_type` names it; nothing for those that no service uses.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "boolean" => Self::Boolean,
            "smallint" | "integer" | "bigint" => Self::Integer,
            "double precision" => Self::Float,
            "text" => Self::Text,
            "bytea" => Self::Bytes,
            "uuid" => Self::Uuid,
            "timestamp with time zone" => Self::Timestamp,
            "json" | "jsonb" => Self::Json,
            _ if name.starts_with("character varying") => Self::Text,
            _ => return None,
        })
    }

    /// How PostgreSQL is asked for the column, as text.
    pub(crate) fn as_text(self, column: &str) -> String {
        match self {
            Self::Bytes => format!(r"'\x' || encode({column}, 'hex')"),
            Self::Timestamp => format!(r#"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"#),
            _ => format!("{column}::text"),
        }
    }

    /// The text of PostgreSQL in the way of writing that is compared.
    pub(crate) fn settled(self, text: String) -> String {
        match self {
            Self::Float => text.parse().map_or(text, |number: f64| number.to_string()),
            Self::Json => json(&text).unwrap_or(text),
            _ => text,
        }
    }

    /// The value of a row of SQLite. The error says what does not fit.
    pub(crate) fn read(self, row: &SqliteRow, index: usize) -> Result<Cell, String> {
        let raw = row.try_get_raw(index).map_err(|error| error.to_string())?;
        if raw.is_null() {
            return Ok(None);
        }
        let class = raw.type_info().name().to_owned();
        let stored = Stored { row, index };
        let cell = match (self, class.as_str()) {
            (Self::Boolean, "INTEGER") => match stored.integer()? {
                0 => "false".to_owned(),
                1 => "true".to_owned(),
                other => return Err(format!("{other} is neither true nor false")),
            },
            (Self::Integer, "INTEGER") => stored.integer()?.to_string(),
            (Self::Float, "REAL" | "INTEGER") => stored.float()?.to_string(),
            (Self::Text, "TEXT") => text(stored.text()?)?,
            (Self::Bytes, "BLOB") => format!(r"\x{}", hexadecimal(&stored.bytes()?)),
            (Self::Uuid, "BLOB") => uuid(&stored.bytes()?)?,
            (Self::Timestamp, "TEXT") => timestamp(&stored.text()?)?,
            (Self::Json, "TEXT" | "BLOB") => json(&stored.text()?)?,
            _ => return Err(format!("{class} where {self:?} belongs")),
        };
        Ok(Some(cell))
    }
}

/// A value where it lies.
struct Stored<'a> {
    row: &'a SqliteRow,
    index: usize,
}

impl Stored<'_> {
    fn integer(&self) -> Result<i64, String> {
        self.row.try_get_unchecked(self.index).map_err(|error| error.to_string())
    }

    fn float(&self) -> Result<f64, String> {
        self.row.try_get_unchecked(self.index).map_err(|error| error.to_string())
    }

    fn text(&self) -> Result<String, String> {
        self.row.try_get_unchecked(self.index).map_err(|error| error.to_string())
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        self.row.try_get_unchecked(self.index).map_err(|error| error.to_string())
    }
}

fn text(text: String) -> Result<String, String> {
    if text.contains('\0') { Err("it has a zero byte in it".to_owned()) } else { Ok(text) }
}

/// Two digits for each byte.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

fn uuid(bytes: &[u8]) -> Result<String, String> {
    Uuid::from_slice(bytes).map(|id| id.hyphenated().to_string()).map_err(|error| error.to_string())
}

fn timestamp(text: &str) -> Result<String, String> {
    let time = DateTime::parse_from_rfc3339(text).map_err(|error| format!("{text:?} is no time: {error}"))?;
    Ok(time.with_timezone(&Utc).trunc_subsecs(6).to_rfc3339_opts(SecondsFormat::Micros, true))
}

/// Keys in order and numbers in one way of writing them: `jsonb` keeps neither as it came.
fn json(text: &str) -> Result<String, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))?;
    let canonical = canonical(value).to_string();
    // Escaped like this in JSON, and nothing that `jsonb` can hold.
    if canonical.contains(r"\u0000") { Err("it has a zero byte in it".to_owned()) } else { Ok(canonical) }
}

fn canonical(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(canonical).collect(),
        Value::Object(fields) => {
            let ordered: BTreeMap<String, Value> =
                fields.into_iter().map(|(key, value)| (key, canonical(value))).collect();
            ordered.into_iter().collect()
        }
        Value::Number(number) => {
            match number.as_f64().filter(|_| number.as_i64().is_none() && number.as_u64().is_none()) {
                Some(float) => float.to_string().parse().map_or(Value::Number(number), Value::Number),
                None => Value::Number(number),
            }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_one_way() {
        let same = ["2026-11-21T21:54:15.123456+00:00", "2026-11-21T22:54:15.123456789+01:00"];
        for text in same {
            assert_eq!(timestamp(text).as_deref(), Ok("2026-11-21T21:54:15.123456Z"));
        }
        assert_eq!(timestamp("2026-11-21T21:54:15+00:00").as_deref(), Ok("2026-11-21T21:54:15.000000Z"));
        assert!(timestamp("yesterday").is_err());
    }

    #[test]
    fn json_is_written_in_one_way() {
        let (one, other) = (json(r#"{"b": 1.0, "a": [1e3, "x"]}"#), json(r#"{"a":[1000,"x"],"b":1}"#));
        assert_eq!(one, other);
        assert_ne!(json("[1]"), json("[2]"));
        assert!(json(r#""a\u0000b""#).is_err());
    }

    #[test]
    fn what_no_service_uses_is_not_guessed_at() {
        assert_eq!(Kind::of("money"), None);
        assert_eq!(Kind::of("character varying(32)"), Some(Kind::Text));
    }
}
