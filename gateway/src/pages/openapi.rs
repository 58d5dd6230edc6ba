//! One OpenAPI document of all services.

use std::collections::BTreeSet;
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

/// The public paths of all documents with the components they need. A component whose name another service uses for something else
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
    let paths = Value::Object(paths);
    keep_only(&needed_by(&paths, &components), &mut components);
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

/// The references that lead from `paths` to components, directly or through other components.
fn needed_by(paths: &Value, components: &Map<String, Value>) -> BTreeSet<String> {
    let mut needed = BTreeSet::new();
    let mut found = references(paths);
    while let Some(reference) = found.pop() {
        let mut place = reference.trim_start_matches("#/components/").splitn(2, '/');
        let meaning = place.next().and_then(|section| components.get(section)?.get(place.next()?));
        if needed.insert(reference.clone()) {
            found.extend(meaning.map(references).unwrap_or_default());
        }
    }
    needed
}

fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => {
            let own = members.get("$ref").and_then(Value::as_str).map(ToOwned::to_owned);
            // Operations name their security schemes without a reference (OpenAPI 3.1 §4.8.30).
            let schemes = members.get("security").and_then(Value::as_array).into_iter().flatten();
            let schemes = schemes.filter_map(Value::as_object).flat_map(Map::keys);
            let schemes = schemes.map(|name| format!("#/components/securitySchemes/{name}"));
            own.into_iter().chain(schemes).chain(members.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

fn keep_only(needed: &BTreeSet<String>, components: &mut Map<String, Value>) {
    for (section, meanings) in components.iter_mut() {
        if let Value::Object(meanings) = meanings {
            meanings.retain(|name, _| needed.contains(&format!("#/components/{section}/{name}")));
        }
    }
    components.retain(|_, meanings| meanings.as_object().is_some_and(|meanings| !meanings.is_empty()));
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
            "paths": {
                "/api/v1/users/me": {
                    "schema": { "$ref": "#/components/schemas/User" },
                    "security": [{ "access_token": [] }],
                },
                "/internal/v1/validate-token": { "schema": { "$ref": "#/components/schemas/Validation" } },
                "/openapi.json": {},
            },
            "components": {
                "schemas": {
                    "User": { "role": { "$ref": "#/components/schemas/Role" } },
                    "Role": { "type": "string" },
                    "Validation": { "type": "object" },
                },
                "securitySchemes": { "access_token": { "type": "http" }, "service_credential": { "type": "http" } },
                "parameters": { "unused": {} },
            },
        });
        let inventory = json!({
            "paths": { "/api/v1/items": { "schema": { "$ref": "#/components/schemas/Item" } } },
            "components": { "schemas": { "Item": {} } },
        });
        let merged = merge([("users", &users), ("inventory", &inventory)].into_iter());
        let paths: Vec<_> = merged["paths"].as_object().unwrap().keys().collect();
        assert_eq!(paths, ["/api/v1/items", "/api/v1/users/me"]);
        let components = merged["components"].as_object().unwrap();
        assert_eq!(components.keys().collect::<Vec<_>>(), ["schemas", "securitySchemes"]);
        assert_eq!(components["schemas"].as_object().unwrap().keys().collect::<Vec<_>>(), ["Item", "Role", "User"]);
        assert_eq!(components["securitySchemes"].as_object().unwrap().keys().collect::<Vec<_>>(), ["access_token"]);
        assert_eq!(merged["openapi"], "3.1.0");
    }

    #[test]
    fn a_name_that_means_two_things_becomes_two_names() {
        let page = |of: &str| {
            json!({
                "paths": { (format!("/{of}")): [
                    { "schema": { "$ref": "#/components/schemas/Page" } },
                    { "$ref": "#/components/schemas/Money" },
                ] },
                "components": { "schemas": { "Page": { "items": of }, "Money": { "type": "object" } } },
            })
        };
        let merged = merge([("users", &page("users")), ("inventory", &page("items"))].into_iter());
        let schemas = &merged["components"]["schemas"];
        assert_eq!(schemas["Page"]["items"], "users");
        assert_eq!(schemas["inventory_Page"]["items"], "items");
        assert_eq!(merged["paths"]["/items"][0]["schema"]["$ref"], "#/components/schemas/inventory_Page");
        assert_eq!(merged["paths"]["/users"][0]["schema"]["$ref"], "#/components/schemas/Page");
        assert_eq!(schemas.as_object().unwrap().len(), 3, "what means the same stays one");
    }
}
