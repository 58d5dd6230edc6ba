//! One OpenAPI document of all services.

use std::sync::Arc;
use std::time::Duration;

use peer::{CallContext, Peer};
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long a merged document is served before the services are asked again.
const KEPT: Duration = Duration::from_secs(30);

/// The same when one of them did not answer.
const KEPT_PARTIAL: Duration = Duration::from_secs(2);

/// How long a service may take to hand out its document.
const PATIENCE: Duration = Duration::from_secs(2);

/// The sections of `components` (OpenAPI 3.1 §4.8.7).
const SECTIONS: [&str; 10] = [
    "schemas",
    "responses",
    "parameters",
    "examples",
    "requestBodies",
    "headers",
    "securitySchemes",
    "links",
    "callbacks",
    "pathItems",
];

/// What the services document, read again from time to time. A service that is down stays documented as it was.
#[derive(Debug)]
pub(super) struct Reference {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    services: Vec<(Peer, Option<Value>)>,
    merged: Arc<Value>,
    good_until: Instant,
}

impl Reference {
    pub(super) fn new(peers: Vec<Peer>) -> Self {
        let services = peers.into_iter().map(|peer| (peer, None)).collect();
        Self { state: Mutex::new(State { services, merged: Arc::new(Value::Null), good_until: Instant::now() }) }
    }

    /// The merged document. Who asks while it is being made waits for the same one.
    pub(super) async fn document(&self) -> Arc<Value> {
        let mut state = self.state.lock().await;
        if Instant::now() >= state.good_until {
            let mut is_complete = true;
            for (peer, known) in &mut state.services {
                let context = CallContext::within(PATIENCE);
                match peer.get("/openapi.json", &context).receive().await {
                    Ok(document) => *known = Some(document),
                    Err(error) => {
                        tracing::warn!(upstream = peer.name(), error = %error, "its reference is not to be had");
                        is_complete = false;
                    }
                }
            }
            let documents = state.services.iter().filter_map(|(peer, known)| Some((peer.name(), known.as_ref()?)));
            state.merged = Arc::new(merge(documents));
            state.good_until = Instant::now() + if is_complete { KEPT } else { KEPT_PARTIAL };
        }
        Arc::clone(&state.merged)
    }
}

/// The public paths of all documents with their components. A component whose name another service uses for something else
/// gets its service's name before it.
fn merge<'a>(documents: impl Iterator<Item = (&'a str, &'a Value)>) -> Value {
    let mut paths = Map::new();
    let mut components: Map<String, Value> = Map::new();
    for (service, document) in documents {
        let mut document = document.clone();
        for (from, to) in clashes(service, &document, &components) {
            rename(&mut document, &from, &to);
        }
        for section in SECTIONS {
            let Some(Value::Object(found)) = document["components"].get_mut(section).map(Value::take) else { continue };
            let known = components.entry(section).or_insert_with(|| json!({}));
            if let Value::Object(known) = known {
                known.extend(found);
            }
        }
        if let Value::Object(found) = document["paths"].take() {
            paths.extend(found.into_iter().filter(|(path, _)| is_public(path)));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Lendery",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The public API of all services behind the gateway.",
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": components,
    })
}

fn is_public(path: &str) -> bool {
    path != "/internal" && !path.starts_with("/internal/") && path != "/openapi.json"
}

/// References to components that another service has under the same name with another meaning, each with its new name.
fn clashes(service: &str, document: &Value, components: &Map<String, Value>) -> Vec<(String, String)> {
    let mut clashes = Vec::new();
    for section in SECTIONS {
        let Some(Value::Object(found)) = document["components"].get(section) else { continue };
        for (name, meaning) in found {
            let known = components.get(section).and_then(|known| known.get(name));
            if known.is_some_and(|known| known != meaning) {
                let path = format!("#/components/{section}/");
                clashes.push((format!("{path}{name}"), format!("{path}{service}_{name}")));
            }
        }
    }
    clashes
}

/// Gives a component another name, where it is and wherever it is referred to.
fn rename(document: &mut Value, from: &str, to: &str) {
    let last = |reference: &str| reference.rsplit('/').next().unwrap_or_default().to_owned();
    let section = from.split('/').nth(2).unwrap_or_default();
    if let Some(Value::Object(found)) = document["components"].get_mut(section)
        && let Some(meaning) = found.remove(&last(from))
    {
        found.insert(last(to), meaning);
    }
    refer(document, from, to);
}

fn refer(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref")
                && reference == from
            {
                to.clone_into(reference);
            }
            members.values_mut().for_each(|member| refer(member, from, to));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| refer(item, from, to)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_become_one_without_what_is_internal() {
        let users = json!({
            "paths": { "/api/v1/users/me": {}, "/internal/v1/validate-token": {}, "/openapi.json": {} },
            "components": { "schemas": { "User": { "type": "object" } } },
        });
        let inventory = json!({ "paths": { "/api/v1/items": {} }, "components": { "schemas": { "Item": {} } } });
        let merged = merge([("users", &users), ("inventory", &inventory)].into_iter());
        let paths: Vec<_> = merged["paths"].as_object().unwrap().keys().collect();
        assert_eq!(paths, ["/api/v1/items", "/api/v1/users/me"]);
        assert_eq!(merged["components"]["schemas"].as_object().unwrap().len(), 2);
        assert_eq!(merged["openapi"], "3.1.0");
    }

    #[test]
    fn a_name_that_means_two_things_becomes_two_names() {
        let page = |of: &str| {
            json!({
                "paths": { (format!("/{of}")): { "schema": { "$ref": "#/components/schemas/Page" } } },
                "components": { "schemas": { "Page": { "items": of }, "Money": { "type": "object" } } },
            })
        };
        let merged = merge([("users", &page("users")), ("inventory", &page("items"))].into_iter());
        let schemas = &merged["components"]["schemas"];
        assert_eq!(schemas["Page"]["items"], "users");
        assert_eq!(schemas["inventory_Page"]["items"], "items");
        assert_eq!(merged["paths"]["/items"]["schema"]["$ref"], "#/components/schemas/inventory_Page");
        assert_eq!(merged["paths"]["/users"]["schema"]["$ref"], "#/components/schemas/Page");
        assert_eq!(schemas.as_object().unwrap().len(), 3, "what means the same stays one");
    }
}
