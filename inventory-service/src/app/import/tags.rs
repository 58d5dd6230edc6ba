//! The tags of an item in one cell, with semicolons between. One that has a semicolon of its own has a backslash before it.

/// The cell.
pub(in crate::app) fn joined(tags: &[String]) -> String {
    let escaped: Vec<_> = tags.iter().map(|tag| tag.replace('\\', "\\\\").replace(';', "\\;")).collect();
    escaped.join(";")
}

/// The tags in a cell; what is between two semicolons without anything in it is none.
pub(super) fn split(cell: &str) -> Vec<String> {
    let mut tags = vec![String::new()];
    let mut characters = cell.chars().peekable();
    while let Some(character) = characters.next() {
        let escaped = match character {
            '\\' => characters.next_if(|next| matches!(next, '\\' | ';')),
            _ => None,
        };
        match (character, escaped, tags.last_mut()) {
            (';', ..) => tags.push(String::new()),
            (other, escaped, Some(tag)) => tag.push(escaped.unwrap_or(other)),
            (_, _, None) => {}
        }
    }
    tags.into_iter().map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_come_back_whatever_is_in_them() {
        let tags = ["wood", "AC\\DC", "a;b", "c\\;d", "e\\"].map(ToOwned::to_owned);
        assert_eq!(split(&joined(&tags)), tags);
    }

    #[test]
    fn what_people_write_by_hand_is_read() {
        assert_eq!(split(" a; b;;"), ["a", "b"]);
        assert_eq!(split("AC\\DC;x"), ["AC\\DC", "x"]);
        assert_eq!(split(""), Vec::<String>::new());
    }
}
