//! The API reference, drawn from the OpenAPI document.

use serde_json::{Map, Value};

use super::html::{Page, anchor, escape};
use super::schema;

/// The methods of a path item, in the order in which they are told.
const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];

/// One call of the API.
struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    /// Holds the parameters that all methods of the path share.
    item: &'a Value,
    operation: &'a Value,
}

pub(super) fn page(document: &Value) -> Page {
    let operations = operations(document);
    let mut html = format!(
        "<h1>{} API</h1>\n<p>{}</p>\n<p class=\"quiet\">Version {} \u{b7} <a href=\"/openapi.json\">OpenAPI</a> \u{b7} \
         <a href=\"/problems\">Problems</a></p>\n",
        text(&document["info"]["title"]),
        text(&document["info"]["description"]),
        text(&document["info"]["version"]),
    );
    html.push_str("<nav><ul>\n");
    for operation in &operations {
        html.push_str(&format!("<li><a href=\"#{}\">{}</a></li>\n", operation.anchor(), operation.title()));
    }
    html.push_str("</ul></nav>\n<h2>Calls</h2>\n");
    html.extend(operations.iter().map(Operation::section));
    html.push_str("<h2>Schemas</h2>\n");
    let schemas = document["components"]["schemas"].as_object();
    html.extend(schemas.into_iter().flatten().map(|(name, found)| schema::section(name, found)));
    Page::new("Lendery API", &html)
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let all = paths.flat_map(|(path, item)| {
        METHODS.into_iter().filter_map(move |method| {
            let operation = item.get(method)?;
            Some(Operation { method, path, item, operation })
        })
    });
    all.collect()
}

impl Operation<'_> {
    fn title(&self) -> String {
        format!("<span class=\"method\">{}</span> <code>{}</code>", self.method.to_uppercase(), escape(self.path))
    }

    fn anchor(&self) -> String {
        anchor(&format!("{} {}", self.method, self.path))
    }

    fn section(&self) -> String {
        let mut html = format!("<h3 id=\"{}\">{}</h3>\n", self.anchor(), self.title());
        for part in ["summary", "description"] {
            if self.operation[part].is_string() {
                html.push_str(&format!("<p>{}</p>\n", text(&self.operation[part])));
            }
        }
        html.push_str(&self.parameters());
        if let Some(content) = self.operation["requestBody"]["content"].as_object() {
            html.push_str(&format!("<p>Body: {}</p>\n", contents(content)));
        }
        html.push_str(&self.responses());
        html
    }

    fn parameters(&self) -> String {
        let lists = [&self.item["parameters"], &self.operation["parameters"]];
        let rows: String = lists
            .into_iter()
            .filter_map(Value::as_array)
            .flatten()
            .map(|parameter| {
                format!(
                    "<tr><td><code>{}</code></td><td>{}</td><td class=\"type\">{}</td><td>{}</td></tr>\n",
                    text(&parameter["name"]),
                    text(&parameter["in"]),
                    schema::phrase(&parameter["schema"]),
                    text(&parameter["description"]),
                )
            })
            .collect();
        if rows.is_empty() {
            return rows;
        }
        format!("<table>\n<tr><th>Parameter</th><th>In</th><th>Type</th><th></th></tr>\n{rows}</table>\n")
    }

    fn responses(&self) -> String {
        let responses = self.operation["responses"].as_object().into_iter().flatten();
        let rows: String = responses
            .map(|(status, response)| {
                let body = response["content"].as_object().map(contents).unwrap_or_default();
                let description = text(&response["description"]);
                format!("<tr><td>{}</td><td>{description}</td><td>{body}</td></tr>\n", escape(status))
            })
            .collect();
        format!("<table>\n<tr><th>Status</th><th></th><th>Body</th></tr>\n{rows}</table>\n")
    }
}

fn contents(content: &Map<String, Value>) -> String {
    let each = content.iter().map(|(kind, media)| {
        let kind = escape(kind);
        format!("<span class=\"type\">{}</span> <span class=\"quiet\">{kind}</span>", schema::phrase(&media["schema"]))
    });
    each.collect::<Vec<_>>().join(", ")
}

fn text(value: &Value) -> String {
    escape(value.as_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;
    use serde_json::json;

    #[tokio::test]
    async fn every_call_is_told_and_nothing_in_a_document_becomes_markup() {
        let document = json!({
            "info": { "title": "Lendery", "version": "1" },
            "paths": { "/items/{id}": {
                "get": {
                    "summary": "One <script>",
                    "parameters": [{ "name": "id", "in": "path", "schema": { "type": "string" } }],
                    "responses": { "200": { "description": "ok", "content": {
                        "application/json": { "schema": { "$ref": "#/components/schemas/Item" } } } } },
                },
                "delete": { "responses": { "204": { "description": "gone" } } },
            } },
            "components": { "schemas": { "Item": { "type": "object" } } },
        });
        let response = page(&document).into_response();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let html = String::from_utf8(body.to_vec()).unwrap();
        for part in ["id=\"get--items--id-\"", "id=\"delete--items--id-\"", "#schema-item", "One &lt;script&gt;", "204"]
        {
            assert!(html.contains(part), "{part} in {html}");
        }
        assert!(!html.contains("<script>"));
    }
}
