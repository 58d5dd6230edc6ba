//! The OpenAPI document beside what the service really answers.

use reqwest::Method;
use serde_json::{Value, json};
use test_kit::http::{Answer, Client, send};
use test_kit::on_every_database;

use crate::app::{PASSWORD, TestApp};
use crate::schema::violations;

const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

struct Contract {
    document: Value,
    seen: Vec<String>,
}

impl Contract {
    /// Fails unless the document says that this operation may answer so.
    #[track_caller]
    fn hold(&mut self, method: &Method, template: &str, answer: &Answer) {
        let name = format!("{} {template} -> {}", method.as_str().to_lowercase(), answer.status);
        let operation = &self.document["paths"][template][method.as_str().to_lowercase()];
        let response = &operation["responses"][answer.status.to_string()];
        assert!(response.is_object(), "{name} is not documented: {}", String::from_utf8_lossy(&answer.body));
        let content = response["content"].as_object();
        assert_eq!(content.is_none(), answer.body.is_empty(), "{name}: a body, or none");
        if let Some(content) = content {
            let given = answer.header("content-type").unwrap().split(';').next().unwrap();
            let kind = content.get(given).unwrap_or_else(|| panic!("{name}: {given} is not documented"));
            if given.ends_with("json") {
                assert_eq!(violations(&self.document, &kind["schema"], &answer.json()), Vec::<String>::new(), "{name}");
            }
        }
        for header in response["headers"].as_object().into_iter().flatten().map(|(header, _)| header) {
            assert!(answer.headers.contains_key(header.as_str()), "{name}: no {header}");
        }
        self.seen.push(name);
    }

    /// Sends a request of the operation's own media type and holds its answer against the document.
    async fn send(&mut self, client: &Client, method: Method, template: &str, id: &str, body: Option<Value>) -> Answer {
        let operation = &self.document["paths"][template][method.as_str().to_lowercase()];
        let media = operation["requestBody"]["content"].as_object().and_then(|content| content.keys().next().cloned());
        let mut request = client.request(method.clone(), &template.replace("{id}", id)).header("if-match", "*");
        if let Some(media) = media {
            let body = body.unwrap_or_else(|| json!({}));
            let text = if media.ends_with("json") { body.to_string() } else { body.as_str().unwrap_or("").to_owned() };
            request = request.header("content-type", media).body(text);
        } else if let Some(query) = body {
            request = request.query(&query);
        }
        let answer = send(request).await;
        self.hold(&method, template, &answer);
        answer
    }
}

fn contract() -> Contract {
    Contract { document: serde_json::to_value(user_service::openapi()).unwrap(), seen: Vec::new() }
}

#[tokio::test]
async fn every_documented_operation_answers_strangers_as_documented() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let mut contract = contract();
        let paths = contract.document["paths"].as_object().unwrap().clone();
        for (path, item) in paths {
            for (method, operation) in item.as_object().unwrap() {
                let method: Method = method.to_uppercase().parse().unwrap();
                let answer = contract.send(&app.web, method.clone(), &path, NOBODY, None).await;
                let guarded = operation["security"].is_array();
                assert_eq!(answer.status == 401, guarded, "{method} {path}: {}", answer.status);
                let wrong = contract.send(&app.web.with_token("x.y.z"), method.clone(), &path, NOBODY, None).await;
                assert_eq!(wrong.status == 401, guarded, "{method} {path}: {}", wrong.status);
            }
        }
        assert_eq!(app.web.get("/openapi.json").await.expect(200).json(), contract.document);
    })
    .await;
}

#[tokio::test]
async fn every_documented_success_is_reached_and_has_the_documented_form() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let mut contract = contract();
        let (get, post) = (Method::GET, Method::POST);
        let account = |email: &str| json!({ "email": email, "password": PASSWORD, "display_name": "Ada" });
        let login = json!({ "email": "ada@example.org", "password": PASSWORD });
        let c = &mut contract;

        let token = c.send(&app.service, post.clone(), "/internal/v1/setup-token", "", None).await.json();
        let token = token["token"].as_str().unwrap().to_owned();
        c.send(&app.web, get.clone(), "/setup", "", Some(json!({ "token": token }))).await.expect(200);
        let form = format!("token={token}&email=root%40example.org&password=nine+grey+herons&display_name=Root");
        c.send(&app.web, post.clone(), "/setup", "", Some(json!("token=x&email=&password=&display_name=")))
            .await
            .expect(422);
        c.send(&app.web, post.clone(), "/setup", "", Some(json!(form))).await.expect(200);
        c.send(&app.service, post.clone(), "/internal/v1/setup-token", "", None).await.expect(409);

        let register = "/api/v1/auth/register";
        let id =
            c.send(&app.web, post.clone(), register, "", Some(account("ada@example.org"))).await.json()["id"].clone();
        c.send(&app.web, post.clone(), register, "", Some(account("ada@example.org"))).await.expect(409);
        let id = id.as_str().unwrap();
        let ada = app.signed_in(&c.send(&app.web, post.clone(), "/api/v1/auth/login", "", Some(login.clone())).await);
        let refresh = json!({ "refresh_token": ada.refresh_token });
        let ada = app.signed_in(&c.send(&app.web, post.clone(), "/api/v1/auth/refresh", "", Some(refresh)).await);
        c.send(&ada.client, get.clone(), "/api/v1/auth/sessions", "", None).await.expect(200);
        c.send(&ada.client, get.clone(), "/api/v1/auth/sessions", "", Some(json!({ "limit": "0" }))).await.expect(422);
        c.send(&ada.client, get.clone(), "/api/v1/users/me", "", None).await.expect(200);
        let name = json!({ "display_name": "Ada L." });
        c.send(&ada.client, Method::PATCH, "/api/v1/users/me", "", Some(name)).await.expect(200);
        c.send(&app.web, get.clone(), "/api/v1/users/{id}/profile", id, None).await.expect(200);
        c.send(&app.web, get.clone(), "/api/v1/users/{id}/profile", NOBODY, None).await.expect(404);
        c.send(&app.web, get.clone(), "/.well-known/jwks.json", "", None).await.expect(200);
        c.send(&ada.client, get.clone(), "/api/v1/users/me/export", "", None).await.expect(200);

        let validate = "/internal/v1/validate-token";
        c.send(&app.service, post.clone(), validate, "", Some(json!({ "token": ada.access_token }))).await.expect(200);
        c.send(&app.service, post.clone(), validate, "", Some(json!({ "token": "x" }))).await.expect(200);
        let by_email = |email: &str| Some(json!({ "email": email }));
        c.send(&app.service, get.clone(), "/internal/v1/users", "", by_email("ada@example.org")).await.expect(200);
        c.send(&app.service, get.clone(), "/internal/v1/users", "", by_email("nobody@example.org")).await.expect(404);
        c.send(&app.service, get, "/internal/v1/users", "", None).await.expect(422);
        let admin = Some(account("admin@example.org"));
        c.send(&app.service, post.clone(), "/internal/v1/admins", "", admin.clone()).await.expect(201);
        c.send(&app.service, post.clone(), "/internal/v1/admins", "", admin).await.expect(200);

        administer(c, &app, id).await;
        let login = json!({ "email": "ada@example.org", "password": PASSWORD });
        let ada = app.signed_in(&c.send(&app.web, post.clone(), "/api/v1/auth/login", "", Some(login)).await);
        let change = json!({ "current_password": PASSWORD, "new_password": "ten brown owls" });
        let ada = c.send(&ada.client, Method::PUT, "/api/v1/users/me/password", "", Some(change)).await;
        let ada = app.signed_in(&ada);
        let session = app.validate(&ada.access_token).await["sid"].clone();
        let sessions = "/api/v1/auth/sessions/{id}";
        c.send(&ada.client, Method::DELETE, sessions, NOBODY, None).await.expect(404);
        c.send(&ada.client, Method::DELETE, sessions, session.as_str().unwrap(), None).await.expect(204);
        let login = json!({ "email": "ada@example.org", "password": "ten brown owls" });
        let ada = app.signed_in(&c.send(&app.web, post.clone(), "/api/v1/auth/login", "", Some(login.clone())).await);
        c.send(&ada.client, post.clone(), "/api/v1/auth/logout", "", None).await.expect(204);
        let ada = app.signed_in(&c.send(&app.web, post, "/api/v1/auth/login", "", Some(login)).await);
        c.send(&ada.client, Method::DELETE, "/api/v1/users/me", "", None).await.expect(204);
        contract.all_successes_were_seen();
    })
    .await;
}

/// What administrators and the operator do, to the member with this id.
async fn administer(c: &mut Contract, app: &TestApp, id: &str) {
    let (get, post, one) = (Method::GET, Method::POST, "/api/v1/users/{id}");
    let admin = app.signed_in(&app.login("admin@example.org", PASSWORD).await).client;
    c.send(&admin, get.clone(), "/api/v1/users", "", Some(json!({ "q": "ada" }))).await.expect(200);
    c.send(&admin, get.clone(), "/api/v1/users", "", Some(json!({ "role": "king" }))).await.expect(422);
    c.send(&admin, get.clone(), one, id, None).await.expect(200);
    c.send(&admin, get.clone(), one, NOBODY, None).await.expect(404);
    for (status, expected) in [("disabled", 200), ("active", 200), ("asleep", 422)] {
        c.send(&admin, Method::PATCH, one, id, Some(json!({ "status": status }))).await.expect(expected);
    }
    c.send(&admin, get.clone(), "/api/v1/auth/events", "", None).await.expect(200);
    let reset = "/api/v1/users/{id}/password-reset";
    for path in ["/api/v1/auth/password-reset", "/setup/password"] {
        let token = c.send(&admin, post.clone(), reset, id, None).await.expect(200).json()["token"].clone();
        c.send(&app.web, get.clone(), "/setup/password", "", Some(json!({ "token": token }))).await.expect(200);
        let (body, status) = if path == "/setup/password" {
            (json!(format!("token={}&new_password=nine+grey+herons", token.as_str().unwrap())), 200)
        } else {
            (json!({ "token": token, "new_password": PASSWORD }), 204)
        };
        c.send(&app.web, post.clone(), path, "", Some(body.clone())).await.expect(status);
        c.send(&app.web, post.clone(), path, "", Some(body)).await.expect(403);
    }
    let bela = app.member("bela@example.org").await;
    c.send(&admin, Method::DELETE, one, &bela.id, None).await.expect(204);
    c.send(&app.service, get, "/internal/v1/keys", "", None).await.expect(200);
    c.send(&app.service, post.clone(), "/internal/v1/keys/rotate", "", None).await.expect(200);
    c.send(&app.service, post, "/internal/v1/keys/rotate", "", None).await.expect(409);
}

impl Contract {
    #[track_caller]
    fn all_successes_were_seen(&self) {
        for (path, item) in self.document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                for status in
                    operation["responses"].as_object().unwrap().keys().filter(|status| status.starts_with('2'))
                {
                    let name = format!("{method} {path} -> {status}");
                    assert!(self.seen.contains(&name), "{name} was never answered");
                }
            }
        }
    }
}
