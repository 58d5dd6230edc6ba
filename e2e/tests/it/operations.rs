//! Who may call what: every route of every service of a running platform, with every kind of caller. A route that is missing
//! in the table fails the test, and so does one that is no more.

mod cast;
mod table;

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;
use test_kit::http::{Client, send};

use cast::Cast;
use table::{CALLERS, GATEWAY, Operation, TABLES};

#[tokio::test]
async fn every_route_of_every_service_answers_every_caller_as_written_down() {
    let cast = Cast::assemble().await;
    let mut surprises = Vec::new();
    for (name, table) in TABLES {
        let service = cast.service(name);
        let document = service.get("/openapi.json").await.expect(200).json();
        surprises.extend(unlisted(name, table, &document));
        a_route_that_is_missing_would_be_noticed(name, table, &document);
        for operation in table {
            surprises.extend(surprises_of(&cast, &service, &document, operation).await);
        }
    }
    assert!(surprises.is_empty(), "{} surprises:\n{}", surprises.len(), surprises.join("\n"));
    cast.is_unharmed().await;
}

#[tokio::test]
async fn the_gateway_leads_nobody_to_what_is_for_services() {
    let cast = Cast::assemble().await;
    for (_, table) in TABLES {
        for (method, path, _) in table.iter().filter(|(_, path, _)| path.starts_with("/internal")) {
            for (who, token) in CALLERS.into_iter().zip(cast.tokens()) {
                let client = token.map_or(cast.web().clone(), |token| cast.web().with_token(token));
                let answer = send(client.request(verb(method), &cast.filled(path))).await;
                assert_eq!(answer.status, 404, "{method} {path} {who}");
            }
        }
    }
}

/// Routes of the service's document that its table does not have, and those of the table that the document has no more.
fn unlisted(service: &str, table: &[Operation], document: &Value) -> Vec<String> {
    let paths = document["paths"].as_object().unwrap();
    let documented = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys();
        methods.map(move |method| format!("{method} {path}"))
    });
    let names = |table: &[Operation]| -> BTreeSet<String> {
        table.iter().map(|(method, path, _)| format!("{method} {path}")).collect()
    };
    let (documented, listed): (BTreeSet<_>, _) = (documented.collect(), names(table));
    // What the gateway leads to is in the tables of the services behind it; a service answers for all of its own.
    let behind = TABLES.into_iter().filter(|(name, _)| service == GATEWAY && *name != service);
    let known: BTreeSet<_> = listed.iter().cloned().chain(behind.flat_map(|(_, table)| names(table))).collect();
    let missing = documented.difference(&known).map(|route| format!("{service}: {route} is not in its table"));
    missing.chain(listed.difference(&documented).map(|route| format!("{service}: {route} is no more"))).collect()
}

/// The control: without any one of its lines the table is found to be incomplete.
fn a_route_that_is_missing_would_be_noticed(service: &str, table: &[Operation], document: &Value) {
    for (number, (method, path, _)) in table.iter().enumerate() {
        let rest = [&table[..number], &table[number + 1..]].concat();
        assert_eq!(unlisted(service, &rest, document), [format!("{service}: {method} {path} is not in its table")]);
    }
    let invented = [table, &[("get", "/api/v1/nowhere", [404; CALLERS.len()])]].concat();
    assert_eq!(unlisted(service, &invented, document), [format!("{service}: get /api/v1/nowhere is no more")]);
}

/// Calls one operation as everybody, and says what is not answered as the table has it.
async fn surprises_of(cast: &Cast, service: &Client, document: &Value, operation: &Operation) -> Vec<String> {
    let (method, path, expected) = operation;
    let content = document["paths"][path][method]["requestBody"]["content"].as_object();
    let media = content.and_then(|content| content.keys().next());
    let mut surprises = Vec::new();
    for ((who, token), expected) in CALLERS.into_iter().zip(cast.tokens()).zip(expected) {
        let client = token.map_or(service.clone(), |token| service.with_token(token));
        let request = client.request(verb(method), &cast.filled(path));
        let request = match media {
            Some(media) if media.ends_with("json") => request.header("content-type", media).body("{}"),
            Some(media) => request.header("content-type", media).body(""),
            None => request,
        };
        // Some bodies never end, so that one is read only if it says what went wrong.
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        if status != *expected {
            let why = if status < 400 { String::new() } else { answer.text().await.unwrap() };
            surprises.push(format!("{method} {path} {who}: {status} instead of {expected}; {why}"));
        }
    }
    surprises
}

fn verb(method: &str) -> Method {
    method.to_uppercase().parse().unwrap()
}
