//! As much of JSON Schema as OpenAPI documents of this house use.

use serde_json::Value;

/// Why `value` is not what `schema` of `document` describes: the place and the reason, or nothing. Members that the
/// schema does not name count as wrong.
pub(crate) fn mismatch(document: &Value, schema: &Value, value: &Value) -> Option<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#')).expect("a reference that leads somewhere");
        return mismatch(document, target, value);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let all: Option<Vec<_>> = choices.iter().map(|choice| mismatch(document, choice, value)).collect();
        return all.map(|reasons| reasons.join(" and "));
    }
    if !has_type(&schema["type"], value) {
        return Some(format!(": {value} is no {}", schema["type"]));
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        return Some(format!(": {value} is none of {words:?}"));
    }
    match value {
        Value::Object(members) => {
            let absent = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            if let Some(name) = absent.into_iter().find(|name| !members.contains_key(*name)) {
                return Some(format!("/{name}: is missing"));
            }
            if schema["properties"].is_null() {
                return None;
            }
            members.iter().find_map(|(name, member)| match schema["properties"].get(name) {
                Some(schema) => mismatch(document, schema, member).map(|reason| format!("/{name}{reason}")),
                None => Some(format!("/{name}: is not described")),
            })
        }
        Value::Array(entries) => entries.iter().find_map(|entry| mismatch(document, &schema["items"], entry)),
        _ => None,
    }
}

fn has_type(wanted: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the type {other} is not one of JSON"),
    };
    match wanted {
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(is),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_as_described_is_found() {
        let document = json!({ "components": { "schemas": { "Thing": {
            "type": "object", "required": ["id"],
            "properties": {
                "id": { "type": "string" }, "size": { "type": ["integer", "null"] },
                "parts": { "type": "array", "items": { "oneOf": [{ "type": "null" }, { "type": "string", "enum": ["a"] }] } },
            },
        } } } });
        let thing = json!({ "$ref": "#/components/schemas/Thing" });
        let wrong = |value: Value| mismatch(&document, &thing, &value);
        assert_eq!(wrong(json!({ "id": "x", "size": null, "parts": ["a", null] })), None);
        assert_eq!(wrong(json!({})).unwrap(), "/id: is missing");
        assert_eq!(wrong(json!({ "id": "x", "more": 1 })).unwrap(), "/more: is not described");
        assert!(wrong(json!({ "id": 7 })).unwrap().starts_with("/id"));
        assert!(wrong(json!({ "id": "x", "size": 1.5 })).unwrap().starts_with("/size"));
        assert!(wrong(json!({ "id": "x", "parts": ["b"] })).unwrap().starts_with("/parts"));
    }
}
