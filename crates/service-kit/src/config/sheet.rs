use std::path::Path;

use ::config::{ConfigError as SourceError, Map, Source, Value, ValueKind};
use toml::de::{DeTable, DeValue, Error};

use super::ConfigError;

/// A TOML file, each value of it with the file and the line as its origin, as far as it could be read.
#[derive(Debug, Clone)]
pub(super) struct Sheet {
    values: Map<String, Value>,
    /// What is no TOML in it, by its origin.
    pub(super) wrong: Vec<(String, String)>,
}

struct Reader<'a> {
    file: String,
    text: &'a str,
}

impl Sheet {
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|reason| ConfigError::File { path: path.to_owned(), reason })?;
        let reader = Reader { file: path.display().to_string(), text: &text };
        let (table, errors) = DeTable::parse_recoverable(&text);
        let wrong = errors.iter().map(|error| (reader.origin(start(error)), error.message().to_owned())).collect();
        Ok(Self { values: reader.table(table.get_ref()), wrong })
    }
}

fn start(error: &Error) -> usize {
    error.span().map_or(0, |span| span.start)
}

impl Reader<'_> {
    /// Such as `gateway.toml:12`.
    fn origin(&self, byte: usize) -> String {
        let before = self.text.as_bytes().iter().take(byte);
        format!("{}:{}", self.file, before.filter(|byte| **byte == b'\n').count() + 1)
    }

    fn table(&self, table: &DeTable<'_>) -> Map<String, Value> {
        let entries = table.iter().map(|(key, value)| {
            // A table may be written in several places; its name stands where it is first.
            (key.get_ref().to_string(), self.value(value.get_ref(), key.span().start))
        });
        entries.collect()
    }

    fn value(&self, value: &DeValue<'_>, at: usize) -> Value {
        let kind = match value {
            DeValue::String(text) => ValueKind::String(text.to_string()),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => ValueKind::I64(number),
                Err(_) => ValueKind::String(number.as_str().to_owned()),
            },
            DeValue::Float(number) => match number.as_str().parse() {
                Ok(number) => ValueKind::Float(number),
                Err(_) => ValueKind::String(number.as_str().to_owned()),
            },
            DeValue::Boolean(flag) => ValueKind::Boolean(*flag),
            DeValue::Datetime(time) => ValueKind::String(time.to_string()),
            DeValue::Array(list) => {
                ValueKind::Array(list.iter().map(|item| self.value(item.get_ref(), item.span().start)).collect())
            }
            DeValue::Table(table) => ValueKind::Table(self.table(table)),
        };
        Value::new(Some(&self.origin(at)), kind)
    }
}

impl Source for Sheet {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, SourceError> {
        Ok(self.values.clone())
    }
}
