//! A JSON schema in words.

use serde_json::{Map, Value};

use super::html::{anchor, concat, escape};

/// The type of a schema as a phrase of HTML, references as links.
pub(super) fn phrase(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return format!("<a href=\"#schema-{}\">{}</a>", anchor(name), escape(name));
    }
    for (key, word) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " with ")] {
        if let Some(choices) = schema[key].as_array() {
            return choices.iter().map(phrase).collect::<Vec<_>>().join(word);
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        return values
            .iter()
            .map(|value| format!("<code>{}</code>", escape(&value.to_string())))
            .collect::<Vec<_>>()
            .join(" or ");
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return "anything".to_owned(),
    };
    let words = kinds.into_iter().map(|kind| match kind {
        "array" => format!("list of {}", phrase(&schema["items"])),
        kind => match schema["format"].as_str() {
            Some(format) if kind != "null" => format!("{} ({})", escape(kind), escape(format)),
            _ => escape(kind),
        },
    });
    words.collect::<Vec<_>>().join(" or ")
}

/// A named schema with the table of its fields.
pub(super) fn section(name: &str, schema: &Value) -> String {
    let title = format!("<h3 id=\"schema-{}\"><code>{}</code></h3>\n", anchor(name), escape(name));
    let description = schema["description"].as_str().map(|text| format!("<p>{}</p>\n", escape(text)));
    let meaning = match schema["properties"].as_object() {
        Some(fields) => table(fields, schema),
        None => format!("<p class=\"type\">{}</p>\n", phrase(schema)),
    };
    concat([title, description.unwrap_or_default(), meaning])
}

fn table(fields: &Map<String, Value>, schema: &Value) -> String {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let rows = fields.iter().map(|(field, schema)| {
        let optional = if required.contains(&field.as_str()) { "" } else { " <span class=\"quiet\">optional</span>" };
        format!(
            "<tr><td><code>{}</code>{optional}</td><td class=\"type\">{}</td><td>{}</td></tr>\n",
            escape(field),
            phrase(schema),
            escape(schema["description"].as_str().unwrap_or_default()),
        )
    });
    format!("<table>\n<tr><th>Field</th><th>Type</th><th></th></tr>\n{}</table>\n", concat(rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn types_are_told_in_words() {
        for (schema, words) in [
            (json!({ "type": "string", "format": "uuid" }), "string (uuid)"),
            (json!({ "type": ["string", "null"] }), "string or null"),
            (json!({ "type": "array", "items": { "type": "integer" } }), "list of integer"),
            (json!({ "$ref": "#/components/schemas/Item" }), "<a href=\"#schema-item\">Item</a>"),
            (json!({ "enum": ["lend", "sell"] }), "<code>&quot;lend&quot;</code> or <code>&quot;sell&quot;</code>"),
            (json!({ "oneOf": [{ "type": "null" }, { "type": "number" }] }), "null or number"),
            (json!({}), "anything"),
        ] {
            assert_eq!(phrase(&schema), words);
        }
    }

    #[test]
    fn a_section_names_every_field_and_which_may_be_left_out() {
        let schema = json!({
            "description": "A <thing>",
            "properties": { "id": { "type": "string" }, "note": { "type": "string", "description": "free text" } },
            "required": ["id"],
        });
        let html = section("Thing", &schema);
        assert!(html.contains("id=\"schema-thing\"") && html.contains("A &lt;thing&gt;"));
        assert!(html.contains("<code>id</code></td>") && html.contains("<code>note</code> <span"));
    }
}
