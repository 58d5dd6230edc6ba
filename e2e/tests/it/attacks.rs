//! What must not pass for somebody, at the gateway and behind it: nothing is accepted, and nothing answers 5xx.

use std::io::{Read, Write};
use std::net::TcpStream;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::json;
use test_kit::http::{Client, send};

use crate::forge::Forge;
use crate::member::{Member, join, thing};
use crate::platform::Platform;

/// One guarded address of each service.
const GUARDED: [&str; 4] = [
    "/api/v1/users/me",
    "/api/v1/users/me/items",
    "/api/v1/cart",
    "/api/v1/payments/01890a5d-ac96-774b-bcce-b302099a8057",
];

#[tokio::test]
async fn no_forged_token_opens_anything_at_any_service() {
    let directory = tempfile::tempdir().unwrap();
    let platform = Platform::up_with(directory.path(), &["--demo"]).await;
    let member = join(&platform.web, "ada.l@example.org").await;
    let forge = Forge::of(directory.path(), &member.access_token).await;
    let honest = platform.web.with_token(forge.sign(&forge.header, &forge.claims));
    for path in GUARDED {
        let status = honest.get(path).await.status;
        assert!(status == 200 || status == 404, "the control: what is forged with nothing wrong passes; {status}");
    }
    for (name, token) in forged(&forge, &member) {
        for path in GUARDED {
            let answer = platform.web.with_token(token.as_str()).get(path).await;
            assert_eq!(answer.status, 401, "{name} at {path}");
        }
        let write = platform.web.with_token(token.as_str()).post("/api/v1/items", &thing("Smuggled", "camping")).await;
        assert_eq!(write.status, 401, "{name}");
    }
    let smuggled = platform.web.get("/api/v1/items?q=Smuggled").await.expect(200).json();
    assert_eq!(smuggled["items"], json!([]));
    nothing_has_failed(&platform).await;
    assert!(platform.stop().await);
}

/// What is wrong with a token, and the token. All of them fit into a header.
fn forged(forge: &Forge, member: &Member) -> Vec<(String, String)> {
    let parts: Vec<&str> = member.access_token.split('.').collect();
    let (head, claims, signature) = (parts[0], parts[1], parts[2]);
    let mut all = vec![
        ("expired".to_owned(), forge.claiming("exp", 1_700_000_000)),
        ("for another audience".to_owned(), forge.claiming("aud", "elsewhere")),
        ("of another issuer".to_owned(), forge.claiming("iss", "elsewhere")),
        ("not valid yet".to_owned(), forge.claiming("nbf", 4_000_000_000_i64)),
        ("for another purpose".to_owned(), forge.headed("typ", "JWT")),
        ("an unknown critical header".to_owned(), forge.headed("crit", json!(["b64"]))),
        ("a key in the token".to_owned(), forge.by_another_key("jwk", forge.another_jwk())),
        ("the address of a key".to_owned(), forge.by_another_key("jku", "http://127.0.0.1:9/keys")),
        ("the address of a certificate".to_owned(), forge.by_another_key("x5u", "http://127.0.0.1:9/keys")),
        ("another key under our kid".to_owned(), forge.by_another_key("typ", "at+jwt")),
        ("a refresh token".to_owned(), member.refresh_token.clone()),
        ("eight kilobytes".to_owned(), "a".repeat(8 * 1024)),
        ("eight kilobytes of claims".to_owned(), format!("{head}.{}.{signature}", "a".repeat(8 * 1024))),
        ("two parts".to_owned(), format!("{head}.{claims}")),
        ("four parts".to_owned(), format!("{}.{signature}", member.access_token)),
        ("no signature".to_owned(), format!("{head}.{claims}.")),
        (
            "the flattened JSON form".to_owned(),
            json!({ "payload": claims, "protected": head, "signature": signature }).to_string(),
        ),
        (
            "the general JSON form".to_owned(),
            json!({ "payload": claims, "signatures": [{ "protected": head, "signature": signature }] }).to_string(),
        ),
    ];
    for none in ["none", "None", "NONE", "nOnE", "NoNe", "none ", "", "null", "noone"] {
        all.push((format!("alg {none:?}, unsigned"), forge.unsigned(none, "")));
        all.push((format!("alg {none:?}, with a signature"), forge.unsigned(none, signature)));
    }
    let pem = STANDARD.encode(forge.public_key());
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{pem}\n-----END PUBLIC KEY-----\n");
    for secret in [forge.public_key(), pem.as_bytes(), b"", b"secret"] {
        all.push((format!("HMAC with {} known bytes", secret.len()), forge.confused(secret)));
    }
    for kid in ["", "../../../../dev/null", "/dev/null", "' OR '1'='1", "'; DROP TABLE signing_keys; --", "|/bin/true"]
    {
        all.push((format!("kid {kid:?}"), forge.by_another_key("kid", kid)));
        all.push((format!("kid {kid:?}, signed by our key"), forge.headed("kid", kid)));
    }
    all
}

#[tokio::test]
async fn nobody_is_somebody_by_saying_so() {
    let directory = tempfile::tempdir().unwrap();
    let platform = Platform::up_with(directory.path(), &["--demo"]).await;
    let (ada, bela) = (join(&platform.web, "ada.l@example.org").await, join(&platform.web, "bela.b@example.org").await);
    spoofed_headers_count_for_nothing(&platform.web, &ada, &bela).await;
    one_authorization_header_and_no_more(&platform.web, &ada, &bela).await;
    for path in ["/internal/v1/validate-token", "/internal/v1/admins", "/internal/v1/reservations"] {
        for form in [path.to_owned(), format!("/{path}"), format!("/api/..{path}"), path.replace("/v1", "//v1")] {
            let answer = platform.web.post(&form, &json!({})).await;
            assert!(answer.status == 404 || answer.status == 400, "{form}: {}", answer.status);
        }
    }
    nothing_has_failed(&platform).await;
    assert!(platform.stop().await);
}

/// The gateway counts every answer, also those that nobody here has looked at.
async fn nothing_has_failed(platform: &Platform) {
    let metrics = platform.ops.get("/metrics").await.expect(200);
    let text = String::from_utf8(metrics.body).unwrap();
    assert!(text.contains("status=\"401\""), "answers are counted by their status");
    assert_eq!(failures(&text), Vec::<&str>::new());
}

/// The counters of answers with a status of 5xx, of whatever route.
fn failures(metrics: &str) -> Vec<&str> {
    metrics.lines().filter(|line| line.contains("status=\"5")).collect()
}

#[test]
fn a_failure_would_be_seen_whatever_its_status() {
    let counted =
        |status: u16| format!("lendery_gateway_requests_total{{route=\"/api/v1/items\",status=\"{status}\"}} 1");
    for status in [500, 501, 502, 503, 504, 508] {
        assert_eq!(failures(&counted(status)).len(), 1, "{status}");
    }
    assert_eq!(failures(&counted(401)), Vec::<&str>::new());
}

async fn spoofed_headers_count_for_nothing(web: &Client, ada: &Member, bela: &Member) {
    let names = ["x-user-id", "x-forwarded-user", "x-remote-user", "x-authenticated-userid", "x-auth-request-user"];
    let about = [("x-roles", "admin"), ("x-forwarded-for", "127.0.0.1"), ("forwarded", "for=127.0.0.1;host=internal")];
    let hosts =
        [("x-forwarded-host", "internal"), ("x-original-url", "/internal/v1/keys"), ("x-rewrite-url", "/internal")];
    let disguised = |client: &Client, path: &str| {
        let request = names.iter().fold(client.request(Method::GET, path), |r, name| r.header(*name, &ada.id));
        about.iter().chain(&hosts).fold(request, |request, (name, value)| request.header(*name, *value))
    };
    for path in GUARDED {
        assert_eq!(send(disguised(web, path)).await.status, 401, "{path}");
    }
    let me = send(disguised(&bela.client, "/api/v1/users/me")).await.expect(200).json();
    assert_eq!(me["id"], bela.id.as_str(), "it is the token that says who is asking");
    send(disguised(&bela.client, "/api/v1/users")).await.expect(403);
    // Where a login came from is said by the gateway, not by who signs in.
    let login = json!({ "email": "nobody@example.org", "password": "wrong" });
    let request = web.request(Method::POST, "/api/v1/auth/login").header("x-forwarded-for", "203.0.113.9");
    send(request.json(&login)).await.expect(401);
}

async fn one_authorization_header_and_no_more(web: &Client, ada: &Member, bela: &Member) {
    let (first, second) = (format!("Bearer {}", ada.access_token), format!("Bearer {}", bela.access_token));
    for path in GUARDED {
        for (one, two) in [(&first, &first), (&first, &second), (&"Bearer x".to_owned(), &first)] {
            let request = web.request(Method::GET, path).header("authorization", one).header("authorization", two);
            let status = send(request).await.status;
            assert!(status == 400 || status == 401, "{path}: {status}");
        }
        let list = web.request(Method::GET, path).header("authorization", format!("{first}, {second}"));
        assert_eq!(send(list).await.status, 401, "{path}");
        assert_eq!(web.get(&format!("{path}?access_token={}", ada.access_token)).await.status / 100, 4, "{path}");
        let cookie = web.request(Method::GET, path).header("cookie", format!("access_token={}", ada.access_token));
        assert_eq!(send(cookie).await.status, 401, "{path}");
    }
    // Bytes that no client library lets through.
    let address = web.base().trim_start_matches("http://").to_owned();
    let folded = format!("authorization: Bearer\r\n {}", ada.access_token);
    let heads = [folded, format!("authorization : {first}"), "authorization: Bearer \u{0}".to_owned()];
    for head in heads {
        let (address, head) = (address.clone(), head);
        let status = tokio::task::spawn_blocking(move || raw_status(&address, &head)).await.unwrap();
        assert!(status.starts_with('4'), "{status}");
    }
}

/// The status of a request with this line in its head.
fn raw_status(address: &str, line: &str) -> String {
    let mut socket = TcpStream::connect(address).unwrap();
    let head = format!("GET /api/v1/users/me HTTP/1.1\r\nhost: x\r\n{line}\r\n\r\n");
    socket.write_all(head.as_bytes()).unwrap();
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).unwrap();
    String::from_utf8_lossy(&answer[9..]).into_owned()
}
