use std::time::Duration;

use http::HeaderMap;
use peer::{Credential, Peer, PeerSettings};
use reqwest::Method;
use serde_json::json;
use test_kit::http::send;
use test_kit::on_every_database;
use user_api::{HttpUsers, Role, Users, Validation};

use crate::app::{CREDENTIAL, TestApp};

const PATH: &str = "/internal/v1/validate-token";

pub(crate) fn users(app: &TestApp, credential: &str) -> HttpUsers {
    let mut settings = PeerSettings::new("users", format!("http://{}", app.address).parse().unwrap());
    settings.credential = Some(Credential::bearer(credential).unwrap());
    HttpUsers::new(Peer::new(settings, peer::http_client(Duration::from_secs(1)).unwrap(), 7).unwrap())
}

#[tokio::test]
async fn other_services_learn_whose_token_it_is_by_the_published_client() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let ada = app.member("ada@example.org").await;
        let users = users(&app, CREDENTIAL);
        let Validation::Active(token) = users.validate_token(&ada.access_token, &HeaderMap::new()).await.unwrap()
        else {
            panic!("active");
        };
        assert_eq!(token.sub.to_string(), ada.id);
        assert_eq!(token.roles, [Role::Member]);
        assert_eq!(token.exp.timestamp(), app.clock.now().timestamp() + 300);
        assert_eq!(users.validate_token("nonsense", &HeaderMap::new()).await.unwrap(), Validation::Inactive);
        let found = users.find_by_email(" ADA@example.org").await.unwrap().unwrap();
        assert_eq!((found.id, found.display_name.as_str()), (token.sub, "Ada"));
        assert_eq!(users.find_by_email("nobody@example.org").await.unwrap(), None);
        assert_eq!(users.find_by_email("no address").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_service_with_a_wrong_credential_gets_no_answer() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let ada = app.member("ada@example.org").await;
        assert!(users(&app, "guessed").validate_token(&ada.access_token, &HeaderMap::new()).await.is_err());
        for client in [&app.web, &ada.client, &app.web.with_token("")] {
            for (method, path) in [
                (Method::POST, PATH),
                (Method::GET, "/internal/v1/users?email=ada@example.org"),
                (Method::POST, "/internal/v1/admins"),
                (Method::POST, "/internal/v1/setup-token"),
            ] {
                let request = client.request(method, path).json(&json!({ "token": ada.access_token }));
                assert_eq!(send(request).await.expect(401).problem(), "invalid_token", "{path}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_inactive_token_is_answered_with_nothing_but_that() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let ada = app.member("ada@example.org").await;
        assert_eq!(app.validate("nonsense").await, json!({ "active": false }));
        assert_eq!(app.validate(&ada.access_token).await["sub"], ada.id);
        app.hands.advance(Duration::from_secs(306));
        assert_eq!(app.validate(&ada.access_token).await, json!({ "active": false }));
        let missing = app.service.post(PATH, &json!({})).await.expect(422).json();
        assert_eq!(missing["errors"][0]["pointer"], "/token");
    })
    .await;
}

#[tokio::test]
async fn a_role_counts_from_the_next_validation_on() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let admin = app.administrator("admin@example.org").await;
        app.execute("UPDATE users SET role = 'member'").await;
        assert_eq!(app.validate(&admin.access_token).await["roles"], json!(["member"]));
    })
    .await;
}

#[tokio::test]
async fn the_published_keys_verify_the_tokens() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let ada = app.member("ada@example.org").await;
        let answer = app.web.get("/.well-known/jwks.json").await.expect(200);
        assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
        assert_eq!(answer.header("content-type"), Some("application/jwk-set+json"));
        let set: jsonwebtoken::jwk::JwkSet = serde_json::from_slice(&answer.body).unwrap();
        let header = jsonwebtoken::decode_header(&ada.access_token).unwrap();
        assert_eq!(header.typ.as_deref(), Some("at+jwt"));
        let key = set.find(header.kid.as_deref().unwrap()).unwrap();
        let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
        rules.set_audience(&["lendery"]);
        rules.set_issuer(&["lendery"]);
        rules.validate_exp = false;
        let key = jsonwebtoken::DecodingKey::from_jwk(key).unwrap();
        let token = jsonwebtoken::decode::<serde_json::Value>(&ada.access_token, &key, &rules).unwrap();
        assert_eq!(token.claims["sub"], ada.id);
        for claim in ["iss", "aud", "sub", "sid", "jti", "iat", "exp", "pwd", "roles"] {
            assert!(!token.claims[claim].is_null(), "{claim}");
        }
        assert!(!answer.json().to_string().contains("\"d\""), "no private key");
    })
    .await;
}
