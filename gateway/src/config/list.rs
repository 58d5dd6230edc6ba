use serde::{Deserialize, Deserializer};

/// A list, or one line with commas between its items, as variables have it.
pub(super) fn list_or_line<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        List(Vec<String>),
        Line(String),
    }
    Ok(match Form::deserialize(deserializer)? {
        Form::List(items) => items,
        Form::Line(line) => items(&line).map(ToOwned::to_owned).collect(),
    })
}

/// What stands between the commas.
pub(super) fn items(line: &str) -> impl Iterator<Item = &str> {
    line.split(',').map(str::trim).filter(|item| !item.is_empty())
}
