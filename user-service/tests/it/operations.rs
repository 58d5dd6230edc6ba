//! Who may call what: every route with every kind of caller. A route that is missing here fails the test.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use test_kit::http::{Client, send};
use test_kit::on_every_database;

use crate::app::{PASSWORD, TestApp};
use crate::forgery::{Forge, with};

/// The callers, in the order of the columns.
const CALLERS: [&str; 9] = [
    "anonymous",
    "with an expired token",
    "with a revoked token",
    "a disabled member",
    "with a token for another audience",
    "with a refresh token",
    "another member",
    "an administrator",
    "a service",
];

/// A method, a path, and what each caller is answered.
type Operation = (&'static str, &'static str, [u16; CALLERS.len()]);

/// For everybody, whatever they carry.
const fn open(status: u16) -> [u16; CALLERS.len()] {
    [status; CALLERS.len()]
}

/// For those who have signed in.
const fn signed_in(member: u16, administrator: u16) -> [u16; CALLERS.len()] {
    [401, 401, 401, 401, 401, 401, member, administrator, 401]
}

/// For services alone.
const fn services(status: u16) -> [u16; CALLERS.len()] {
    [401, 401, 401, 401, 401, 401, 401, 401, status]
}

/// Requests carry no `If-Match` and the empty body of their media type. So who passes is answered 422 or 428 where there is
/// something to say, and changes nothing.
const TABLE: [Operation; 29] = [
    ("post", "/api/v1/auth/register", open(422)),
    ("post", "/api/v1/auth/login", open(422)),
    ("post", "/api/v1/auth/refresh", open(422)),
    ("post", "/api/v1/auth/password-reset", open(422)),
    ("post", "/api/v1/auth/logout", signed_in(204, 204)),
    ("get", "/api/v1/auth/sessions", signed_in(200, 200)),
    ("delete", "/api/v1/auth/sessions/{id}", signed_in(404, 404)),
    ("get", "/api/v1/auth/events", signed_in(403, 200)),
    ("get", "/api/v1/users/me", signed_in(200, 200)),
    ("patch", "/api/v1/users/me", signed_in(428, 428)),
    ("delete", "/api/v1/users/me", signed_in(428, 428)),
    ("put", "/api/v1/users/me/password", signed_in(422, 422)),
    ("get", "/api/v1/users/me/export", signed_in(200, 200)),
    ("get", "/api/v1/users", signed_in(403, 200)),
    ("get", "/api/v1/users/{id}", signed_in(403, 200)),
    ("patch", "/api/v1/users/{id}", signed_in(403, 428)),
    ("delete", "/api/v1/users/{id}", signed_in(403, 428)),
    ("post", "/api/v1/users/{id}/password-reset", signed_in(403, 200)),
    ("get", "/api/v1/users/{id}/profile", open(200)),
    ("get", "/.well-known/jwks.json", open(200)),
    ("get", "/setup", open(403)),
    ("post", "/setup", open(422)),
    ("get", "/setup/password", open(403)),
    ("post", "/setup/password", open(422)),
    ("post", "/internal/v1/validate-token", services(422)),
    ("get", "/internal/v1/users", services(422)),
    ("post", "/internal/v1/admins", services(422)),
    ("post", "/internal/v1/setup-token", services(409)),
    ("get", "/internal/v1/keys", services(200)),
];

/// As the others, and kept apart because it changes something every time.
const ROTATE: Operation = ("post", "/internal/v1/keys/rotate", services(200));

/// Fresh tokens of every caller but the anonymous one and the service, in the order of the columns.
async fn tokens(app: &TestApp) -> [String; 7] {
    let login = async |email: &str| app.signed_in(&app.login(email, PASSWORD).await);
    let (expired, revoked, disabled) = (login("ada@x.org").await, login("ada@x.org").await, login("out@x.org").await);
    let (member, administrator) = (login("ada@x.org").await, login("admin@x.org").await);
    revoked.client.post("/api/v1/auth/logout", &json!({})).await.expect(204);
    app.execute("UPDATE users SET status = 'disabled' WHERE email = 'out@x.org'").await;
    let forge = Forge::of(app, &expired).await;
    let past = app.clock.now().timestamp() - 60;
    let expired = forge.claiming(&with(&forge.claims, "exp", json!(past)));
    let foreign = forge.claiming(&with(&forge.claims, "aud", json!("elsewhere")));
    [
        expired,
        revoked.access_token,
        disabled.access_token,
        foreign,
        member.refresh_token,
        member.access_token,
        administrator.access_token,
    ]
}

async fn callers(app: &TestApp) -> Vec<Client> {
    app.execute("UPDATE users SET status = 'active' WHERE email = 'out@x.org'").await;
    let mut callers = vec![app.web.clone()];
    callers.extend(tokens(app).await.map(|token| app.web.with_token(token)));
    callers.push(app.service.clone());
    callers
}

async fn call(client: &Client, document: &Value, (method, path, _): Operation, id: &str) -> u16 {
    let verb: Method = method.to_uppercase().parse().unwrap();
    let body = &document["paths"][path][method]["requestBody"]["content"];
    let media = body.as_object().and_then(|content| content.keys().next().cloned());
    let request = client.request(verb, &path.replace("{id}", id));
    let request = match media {
        Some(media) if media.ends_with("json") => request.header("content-type", media).body("{}"),
        Some(media) => request.header("content-type", media).body(""),
        None => request,
    };
    send(request).await.status
}

#[tokio::test]
async fn every_route_answers_every_caller_as_written_down() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        app.administrator("admin@x.org").await;
        for email in ["ada@x.org", "out@x.org"] {
            app.register(email).await.expect(201);
        }
        let victim = app.member("victim@x.org").await;
        let document = serde_json::to_value(user_service::openapi()).unwrap();
        for operation in TABLE.into_iter().chain([ROTATE]) {
            let (method, path, expected) = operation;
            for (number, client) in callers(&app).await.iter().enumerate() {
                let status = call(client, &document, operation, &victim.id).await;
                assert_eq!(status, expected[number], "{method} {path} {}", CALLERS[number]);
            }
        }
        app.hands.advance(Duration::from_secs(1));
        assert!(app.is_active(&victim.access_token).await, "nobody did anything to somebody else");
        assert_eq!(victim.client.get("/api/v1/users/me").await.json()["version"], 1);
    })
    .await;
}

#[test]
fn every_documented_route_is_in_the_table() {
    let document = serde_json::to_value(user_service::openapi()).unwrap();
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        documented.extend(item.as_object().unwrap().keys().map(|method| (method.clone(), path.clone())));
    }
    let listed = TABLE.into_iter().chain([ROTATE]).map(|(method, path, _)| (method.to_owned(), path.to_owned()));
    assert_eq!(listed.collect::<BTreeSet<_>>(), documented);
}
