//! The conventions of the API at the gateway: what is refused, how, and that nothing answers 500.

use std::io::{Read, Write};
use std::net::TcpStream;

use reqwest::Method;
use serde_json::{Value, json};
use test_kit::http::{Answer, Client, send};

use crate::member::{Member, join, thing};
use crate::platform::Platform;

#[tokio::test]
async fn every_row_of_the_conventions_holds_at_the_gateway() {
    let directory = tempfile::tempdir().unwrap();
    let platform = Platform::up_with(directory.path(), &["--demo"]).await;
    let member = join(&platform.web, "tester@example.org").await;
    bodies(&member).await;
    queries(&platform.web).await;
    addresses(&platform.web).await;
    preconditions(&member).await;
    idempotency(&platform.web, &member).await;
    too_much(&platform.web, &member).await;
    let metrics = platform.ops.get("/metrics").await.expect(200);
    let text = String::from_utf8(metrics.body).unwrap();
    assert!(!text.lines().any(|line| line.contains("status=\"500\"")), "{text}");
}

/// Sends a body of any kind to `POST /items`.
async fn post(client: &Client, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
    let request = client.request(Method::POST, "/api/v1/items").header("content-type", content_type);
    send(request.body(body.into())).await
}

fn is_problem(answer: &Answer, status: u16, code: &str) {
    let body = answer.json();
    assert_eq!(answer.status, status, "{body}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(body["code"], code, "{body}");
    assert_eq!(body["status"], status);
    assert_eq!(body["request_id"].as_str(), answer.header("x-request-id"), "{body}");
    assert!(body["type"].as_str().unwrap().starts_with("/problems/"), "{body}");
}

async fn bodies(member: &Member) {
    for broken in ["", "{", "{\"name\": }", "{} {}", "\u{feff}{}"] {
        is_problem(&post(&member.client, "application/json", broken).await, 400, "malformed_json");
    }
    is_problem(&post(&member.client, "application/json", [0xff, 0xfe]).await, 400, "malformed_json");
    is_problem(&post(&member.client, "application/json", "{\"nmae\":\"x\"}").await, 400, "unknown_field");
    is_problem(&post(&member.client, "text/plain", "{}").await, 415, "unsupported_media_type");
    let many =
        json!({ "name": "", "category": "camping", "units": 0, "tags": vec!["x"; 10_000], "description": "a\u{0}b" });
    let answer = member.client.post("/api/v1/items", &many).await;
    is_problem(&answer, 422, "invalid_fields");
    let pointers: Vec<Value> =
        answer.json()["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect();
    for pointer in ["/name", "/units", "/tags", "/description"] {
        assert!(pointers.iter().any(|found| found == pointer), "no {pointer} in {pointers:?}");
    }
    let missing = member.client.post("/api/v1/items", &json!({})).await;
    is_problem(&missing, 422, "invalid_fields");
    assert_eq!(missing.json()["errors"].as_array().unwrap().len(), 2);
    let plain = member.client.request(Method::PATCH, "/api/v1/users/me").header("if-match", "*");
    is_problem(&send(plain.json(&json!({}))).await, 415, "unsupported_media_type");
}

async fn queries(web: &Client) {
    is_problem(&web.get("/api/v1/items?colour=red").await, 400, "unknown_parameter");
    is_problem(&web.get("/api/v1/items?q=a&q=b").await, 400, "unknown_parameter");
    is_problem(&web.get("/api/v1/items?q=%ff").await, 400, "malformed_request");
    is_problem(&web.get("/api/v1/items?cursor=nonsense").await, 400, "invalid_cursor");
    is_problem(&web.get("/api/v1/items?limit=0").await, 422, "invalid_fields");
    is_problem(&web.get("/api/v1/items?sort=colour").await, 422, "invalid_fields");
    let page = web.get("/api/v1/items?limit=5").await.expect(200).json();
    let cursor = page["next"].as_str().unwrap();
    let other = format!("/api/v1/items?limit=5&category=camping&cursor={cursor}");
    is_problem(&web.get(&other).await, 400, "invalid_cursor");
    let clamped = web.get("/api/v1/items?limit=1000").await.expect(200).json();
    assert_eq!(clamped["items"].as_array().unwrap().len(), 40);
}

async fn addresses(web: &Client) {
    for nowhere in ["/api/v1/nothing", "/api/v1/items/7", "/internal/v1/validate-token", "/api/v2/items"] {
        is_problem(&web.get(nowhere).await, 404, "not_found");
    }
    let unknown = web.get("/api/v1/items/01890a5d-ac96-774b-bcce-b302099a8057").await;
    is_problem(&unknown, 404, "not_found");
    let method = send(web.request(Method::PUT, "/api/v1/items")).await;
    is_problem(&method, 405, "method_not_allowed");
    assert!(method.header("allow").unwrap().contains("POST"), "{:?}", method.header("allow"));
    let anonymous = web.post("/api/v1/items", &thing("x", "camping")).await;
    is_problem(&anonymous, 401, "invalid_token");
    assert_eq!(anonymous.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
    for page in ["/docs", "/problems/stale-version", "/openapi.json", "/en", "/de"] {
        web.get(page).await.expect(200);
    }
    assert_eq!(web.get("/").await.expect(302).header("location"), Some("/en"));
    is_problem(&web.get("/problems/nothing").await, 404, "not_found");
}

async fn preconditions(member: &Member) {
    let created = member.client.post("/api/v1/items", &thing("Sled", "camping")).await.expect(201);
    let path = created.header("location").unwrap();
    let bare = member.client.request(Method::DELETE, path);
    is_problem(&send(bare).await, 428, "missing_precondition");
    is_problem(&member.client.delete(path, "\"99\"").await, 412, "stale_version");
    let weak = member.client.delete(path, "W/\"1\"").await;
    is_problem(&weak, 412, "stale_version");
}

async fn idempotency(web: &Client, member: &Member) {
    let keyed = async |client: &Client, body: Value| {
        let request = client.request(Method::POST, "/api/v1/items").header("idempotency-key", "sled-2");
        send(request.json(&body)).await
    };
    let first = keyed(&member.client, thing("Second sled", "camping")).await.expect(201);
    let again = keyed(&member.client, thing("Second sled", "camping")).await.expect(201);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(first.json(), again.json());
    is_problem(&keyed(&member.client, thing("Third sled", "camping")).await, 422, "key_reused");
    let other = join(web, "other-tester@example.org").await;
    let own = keyed(&other.client, thing("Second sled", "camping")).await.expect(201);
    assert_ne!(own.json()["id"], first.json()["id"], "a key belongs to its member");
}

async fn too_much(web: &Client, member: &Member) {
    let long = json!({ "name": "x", "category": "camping", "description": "y".repeat(70_000) });
    is_problem(&member.client.post("/api/v1/items", &long).await, 413, "body_too_large");
    let mut request = web.request(Method::GET, "/api/v1/items");
    for number in 0..80 {
        request = request.header(format!("x-{number}"), "1");
    }
    is_problem(&send(request).await, 431, "headers_too_large");
    let address = web.base().trim_start_matches("http://").to_owned();
    let status = tokio::task::spawn_blocking(move || raw_status(&address)).await.unwrap();
    assert_eq!(status, "431");
}

/// The status of a request whose head never seems to end.
fn raw_status(address: &str) -> String {
    let mut socket = TcpStream::connect(address).unwrap();
    let head = format!("GET /api/v1/items HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n", "y".repeat(100_000));
    // The server may answer and close before it has read all of it.
    let _refused = socket.write_all(head.as_bytes());
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).unwrap();
    String::from_utf8_lossy(&answer[9..]).into_owned()
}
