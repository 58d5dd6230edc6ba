//! What is wrong with a value of a body, in words for people who write JSON rather than Rust.

/// Says what serde says of a value of the wrong type, without the names of our types.
pub(super) fn in_plain_words(words: &str) -> String {
    let words = words.split(" at line ").next().unwrap_or(words);
    if let Some(rest) = words.strip_prefix("unknown variant ") {
        let (given, known) = rest.split_once(", expected ").unwrap_or((rest, ""));
        let known = known.trim_start_matches("one of ").replace(" or ", ", ");
        return format!("It cannot be {given}; it can be {known}.");
    }
    if let Some(rest) = words.strip_prefix("invalid type: ") {
        let (given, wanted) = rest.split_once(", expected ").unwrap_or((rest, "another type"));
        return format!("It is {}; it has to be {}.", article(given), kind(wanted));
    }
    if let Some(rest) = words.strip_prefix("invalid value: ") {
        let (given, wanted) = rest.split_once(", expected ").unwrap_or((rest, "another one"));
        return format!("It is {}, which does not fit; it has to be {}.", article(given), kind(wanted));
    }
    if words.starts_with("UUID parsing failed") {
        return "It has to be a UUID, such as 0190163d-8694-739b-aea5-966c26f8ad90.".to_owned();
    }
    if let Some(name) = words.strip_prefix("missing field ") {
        return format!("The field {} is required.", name.replace('`', ""));
    }
    // What the parser of instants says of too little, too much, or something else.
    if matches!(words, "premature end of input" | "trailing input" | "input contains invalid characters")
        || words.starts_with("input is ")
    {
        return "It has to be an instant of RFC 3339, such as 2026-05-01T08:00:00Z.".to_owned();
    }
    words.to_owned()
}

/// A value as serde calls it, with an article.
fn article(given: &str) -> String {
    let begins = |words: &[&str]| words.iter().any(|word| given.starts_with(word));
    match given {
        "map" => "an object".to_owned(),
        "sequence" => "a list".to_owned(),
        "null" | "unit value" => "null".to_owned(),
        _ if begins(&["integer"]) => format!("the {given}"),
        _ if begins(&["string", "boolean", "floating point"]) => format!("the {given}"),
        _ => given.to_owned(),
    }
}

/// A type of ours as a type of JSON.
fn kind(wanted: &str) -> &str {
    match wanted {
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number of at most 64 bits",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number that is not negative, and not too large",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        "a boolean" => "true or false",
        "a map" => "an object",
        _ if wanted.starts_with("struct ") => "an object",
        _ => wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::in_plain_words;

    #[test]
    fn a_value_that_does_not_fit_is_described_as_json() {
        for (words, plain) in [
            (
                "unknown variant `broken`, expected one of `new`, `good`, `fair` at line 1 column 9",
                "It cannot be `broken`; it can be `new`, `good`, `fair`.",
            ),
            ("unknown variant `x`, expected `a` or `b`", "It cannot be `x`; it can be `a`, `b`."),
            (
                "invalid type: string \"7\", expected i64",
                "It is the string \"7\"; it has to be a whole number of at most 64 bits.",
            ),
            (
                "invalid type: integer `7`, expected struct MoneyRequest",
                "It is the integer `7`; it has to be an object.",
            ),
            ("invalid type: map, expected a sequence", "It is an object; it has to be a list."),
            ("missing field `name`", "The field name is required."),
            ("premature end of input", "It has to be an instant of RFC 3339, such as 2026-05-01T08:00:00Z."),
            ("a sentence of our own", "a sentence of our own"),
        ] {
            assert_eq!(in_plain_words(words), plain);
        }
    }

    #[test]
    fn the_words_are_those_that_serde_and_its_friends_have() {
        let words = |error: serde_json::Error| in_plain_words(&error.to_string());
        let instant = serde_json::from_str::<chrono::DateTime<chrono::Utc>>("\"2026\"").unwrap_err();
        assert!(words(instant).contains("RFC 3339"));
        let id = serde_json::from_str::<uuid::Uuid>("\"x\"").unwrap_err();
        assert!(words(id).contains("has to be a UUID"));
        let large = serde_json::from_str::<i64>("9223372036854775808").unwrap_err();
        assert!(words(large).ends_with("it has to be a whole number of at most 64 bits."));
    }
}
