use std::fmt;

use serde::Deserializer;
use serde::de::{Error, SeqAccess, Visitor};

/// A list, or one line with commas between its items, as variables have it.
pub(super) fn list_or_line<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    deserializer.deserialize_any(ListOrLine)
}

/// What stands between the commas.
pub(super) fn items(line: &str) -> impl Iterator<Item = &str> {
    line.split(',').map(str::trim).filter(|item| !item.is_empty())
}

struct ListOrLine;

impl<'de> Visitor<'de> for ListOrLine {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of texts, or one text with commas between its items")
    }

    fn visit_str<E: Error>(self, line: &str) -> Result<Self::Value, E> {
        Ok(items(line).map(ToOwned::to_owned).collect())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(items)
    }
}
