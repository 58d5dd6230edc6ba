//! The API reference, drawn from the OpenAPI document.

use serde_json::{Map, Value};

use super::html::{Page, anchor, concat, escape};
use super::schema;

/// The methods of a path item, in the order in which they are told.
const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];

/// One call of the API.
struct Call<'a> {
    method: &'a str,
    path: &'a str,
    /// Holds the parameters that all methods of the path share.
    item: &'a Value,
    operation: &'a Value,
}

pub(super) fn page(document: &Value) -> Page {
    let calls = calls(document);
    let info = &document["info"];
    let links = calls.iter().map(|call| format!("<li><a href=\"#{}\">{}</a></li>\n", call.anchor(), call.title()));
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    let html = format!(
        "<h1>{} API</h1>\n<p>{}</p>\n<p class=\"quiet\">Version {} \u{b7} <a href=\"/openapi.json\">OpenAPI</a> \u{b7} \
         <a href=\"/problems\">Problems</a></p>\n<nav><ul>\n{}</ul></nav>\n<h2>Calls</h2>\n{}<h2>Schemas</h2>\n{}",
        text(&info["title"]),
        text(&info["description"]),
        text(&info["version"]),
        concat(links),
        concat(calls.iter().map(Call::section)),
        concat(schemas.map(|(name, schema)| schema::section(name, schema))),
    );
    Page::new("Lendery API", &html)
}

fn calls(document: &Value) -> Vec<Call<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let all = paths.flat_map(|(path, item)| {
        let calls = METHODS.into_iter().filter_map(move |method| Some((method, item.get(method)?)));
        calls.map(move |(method, operation)| Call { method, path, item, operation })
    });
    all.collect()
}

impl Call<'_> {
    fn title(&self) -> String {
        format!("<span class=\"method\">{}</span> <code>{}</code>", self.method.to_uppercase(), escape(self.path))
    }

    fn anchor(&self) -> String {
        anchor(&format!("{} {}", self.method, self.path))
    }

    fn section(&self) -> String {
        let title = format!("<h3 id=\"{}\">{}</h3>\n", self.anchor(), self.title());
        let words = ["summary", "description"].map(|part| match self.operation[part].as_str() {
            Some(words) => format!("<p>{}</p>\n", escape(words)),
            None => String::new(),
        });
        let content = self.operation["requestBody"]["content"].as_object();
        let body = content.map_or_else(String::new, |content| format!("<p>Body: {}</p>\n", contents(content)));
        concat([title, words.concat(), self.parameters(), body, self.responses()])
    }

    fn parameters(&self) -> String {
        let lists = [&self.item["parameters"], &self.operation["parameters"]];
        let rows = lists.into_iter().filter_map(Value::as_array).flatten().map(|parameter| {
            format!(
                "<tr><td><code>{}</code></td><td>{}</td><td class=\"type\">{}</td><td>{}</td></tr>\n",
                text(&parameter["name"]),
                text(&parameter["in"]),
                schema::phrase(&parameter["schema"]),
                text(&parameter["description"]),
            )
        });
        let rows = concat(rows);
        if rows.is_empty() {
            return rows;
        }
        format!("<table>\n<tr><th>Parameter</th><th>In</th><th>Type</th><th></th></tr>\n{rows}</table>\n")
    }

    fn responses(&self) -> String {
        let rows = self.operation["responses"].as_object().into_iter().flatten().map(|(status, response)| {
            let body = response["content"].as_object().map(contents).unwrap_or_default();
            let description = text(&response["description"]);
            format!("<tr><td>{}</td><td>{description}</td><td>{body}</td></tr>\n", escape(status))
        });
        format!("<table>\n<tr><th>Status</th><th></th><th>Body</th></tr>\n{}</table>\n", concat(rows))
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
