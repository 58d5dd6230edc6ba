//! As much of JSON Schema as the document uses, to hold answers against it.

use serde_json::Value;

/// What an answer has that its schema does not, or lacks.
pub(crate) fn violations(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(document, schema, value, "", &mut found);
    found
}

fn check(document: &Value, schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#'));
        return check(document, target.expect("a reference that leads somewhere"), value, place, found);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        if !choices.iter().any(|choice| violations(document, choice, value).is_empty()) {
            found.push(format!("{place}: {value} is none of {}", schema["oneOf"]));
        }
        return;
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check_loosely(document, part, value, place, found);
    }
    check_type(schema, value, place, found);
    check_members(document, schema, value, place, found);
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        found.push(format!("{place}: {value} is not one of {allowed:?}"));
    }
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
        for (index, item) in values.iter().enumerate() {
            check(document, items, item, &format!("{place}/{index}"), found);
        }
    }
}

/// One part of several: members that it does not know may belong to another.
fn check_loosely(document: &Value, schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    let mut of_part = Vec::new();
    check(document, schema, value, place, &mut of_part);
    found.extend(of_part.into_iter().filter(|violation| !violation.ends_with("is not documented")));
}

fn check_type(schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    let given = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let fits = match &schema["type"] {
        Value::String(wanted) => wanted == given,
        Value::Array(wanted) => wanted.iter().any(|wanted| wanted == given),
        _ => true,
    };
    if !fits {
        found.push(format!("{place}: {value} is no {}", schema["type"]));
    }
}

fn check_members(document: &Value, schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    let (Some(properties), Some(members)) = (schema["properties"].as_object(), value.as_object()) else { return };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !members.contains_key(name) {
            found.push(format!("{place}/{name} is required"));
        }
    }
    for (name, member) in members {
        match properties.get(name) {
            Some(schema) => check(document, schema, member, &format!("{place}/{name}"), found),
            None if schema["allOf"].is_array() => {}
            None => found.push(format!("{place}/{name} is not documented")),
        }
    }
}

#[test]
fn a_difference_between_answer_and_schema_is_found() {
    let document = user_service::openapi();
    let document = serde_json::to_value(document).unwrap();
    let schema = serde_json::json!({ "$ref": "#/components/schemas/Profile" });
    let good = serde_json::json!({ "id": "x", "display_name": "Ada", "member_since": "2026-11-21T00:00:00Z" });
    assert_eq!(violations(&document, &schema, &good), Vec::<String>::new());
    for (member, to) in [("email", serde_json::json!("a@b")), ("id", serde_json::json!(7)), ("id", Value::Null)] {
        let changed = crate::forgery::with(&good, member, to);
        assert_eq!(violations(&document, &schema, &changed).len(), 1, "{changed}");
    }
}
