//! A platform with somebody of every kind, and things that belong to somebody else.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use test_kit::http::Client;

use super::table::CALLERS;
use crate::forge::Forge;
use crate::member::{Member, PASSWORD, join, sign_in, thing};
use crate::platform::Platform;

/// An id of nothing.
const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

pub(super) struct Cast {
    platform: Platform,
    /// Where each service listens.
    services: BTreeMap<String, Client>,
    tokens: [Option<String>; CALLERS.len()],
    victim: Member,
    /// What stands in a path after each of these words.
    ids: BTreeMap<&'static str, String>,
    _directory: TempDir,
}

impl Cast {
    pub(super) async fn assemble() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let platform = Platform::up_with(directory.path(), &["--demo"]).await;
        let mut services = services(directory.path());
        services.insert("gateway".to_owned(), platform.web.clone());
        let secret = std::fs::read_to_string(directory.path().join("secrets/service-credential")).unwrap();
        let service = |name: &str| services[name].with_token(secret.trim());
        let tokens = tokens(directory.path(), &platform.web, &service("users"), secret.trim()).await;
        let victim = join(&platform.web, "victim@example.org").await;
        let ids = belongings(&platform.web, &victim, &service("payments")).await;
        Self { platform, services, tokens, victim, ids, _directory: directory }
    }

    pub(super) fn web(&self) -> &Client {
        &self.platform.web
    }

    /// A service as others inside reach it, anonymously.
    pub(super) fn service(&self, name: &str) -> Client {
        self.services[name].clone()
    }

    /// The tokens of the callers, in the order of the columns.
    pub(super) fn tokens(&self) -> impl Iterator<Item = Option<&str>> {
        self.tokens.iter().map(Option::as_deref)
    }

    /// A path with something of the victim's wherever it names something.
    pub(super) fn filled(&self, path: &str) -> String {
        let segments: Vec<&str> = path.split('/').collect();
        let filled = segments.iter().enumerate().map(|(place, segment)| {
            let id = || self.ids.get(segments[place - 1]).map_or(NOBODY, String::as_str);
            if segment.starts_with('{') { id() } else { segment }
        });
        filled.collect::<Vec<_>>().join("/")
    }

    /// Nobody has done anything to the victim.
    pub(super) async fn is_unharmed(&self) {
        let me = self.victim.client.get("/api/v1/users/me").await.expect(200).json();
        assert_eq!(me["version"], 1);
        let item = self.web().get(&self.filled("/api/v1/items/{id}")).await.expect(200).json();
        assert_eq!((&item["name"], &item["owner_id"]), (&json!("Own kite"), &json!(self.victim.id)));
        assert_eq!(item["status"], "listed");
    }
}

fn services(data_dir: &Path) -> BTreeMap<String, Client> {
    let endpoints = std::fs::read(data_dir.join("run/endpoints.json")).unwrap();
    let endpoints: Value = serde_json::from_slice(&endpoints).unwrap();
    let client = |name: &str| (name.to_owned(), Client::new(format!("http://{}", endpoints[name].as_str().unwrap())));
    ["users", "inventory", "orders", "payments"].into_iter().map(client).collect()
}

/// A token of everybody, in the order of the columns.
async fn tokens(data_dir: &Path, web: &Client, users: &Client, secret: &str) -> [Option<String>; CALLERS.len()] {
    let account = json!({ "email": "admin@example.org", "password": PASSWORD, "display_name": "Admin" });
    users.post("/internal/v1/admins", &account).await.expect(201);
    let admin = sign_in(web, "admin@example.org").await;
    let (member, disabled) = (join(web, "member@example.org").await, join(web, "disabled@example.org").await);
    let user = format!("/api/v1/users/{}", disabled.id);
    admin.client.patch(&user, "*", &json!({ "status": "disabled" })).await.expect(200);
    let revoked = sign_in(web, "member@example.org").await;
    revoked.client.post("/api/v1/auth/logout", &json!({})).await.expect(204);
    let forge = Forge::of(data_dir, &member.access_token).await;
    let (expired, foreign) = (forge.claiming("exp", 1_700_000_000), forge.claiming("aud", "elsewhere"));
    [
        None,
        Some(expired),
        Some(revoked.access_token),
        Some(disabled.access_token),
        Some(foreign),
        Some(member.refresh_token),
        Some(member.access_token),
        Some(admin.access_token),
        Some(secret.to_owned()),
    ]
}

/// Something of the victim's for each kind of thing.
async fn belongings(web: &Client, victim: &Member, payments: &Client) -> BTreeMap<&'static str, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let item = victim.client.post("/api/v1/items", &thing("Own kite", "camping")).await.expect(201).json();
    let units = victim.client.get(&format!("/api/v1/items/{}/units", text(&item["id"]))).await.expect(200).json();
    let sessions = victim.client.get("/api/v1/auth/sessions").await.expect(200).json();
    let others = web.get("/api/v1/items?limit=100").await.expect(200).json();
    let categories = web.get("/api/v1/categories").await.expect(200).json();
    let payment = json!({
        "order_id": NOBODY, "step": "authorise-1", "payer_id": victim.id, "provider": "test", "token": "tok_approved",
        "amount": { "amount_minor": 100, "currency": "EUR" },
    });
    let payment = payments.post("/internal/v1/payments", &payment).await.expect(200).json();
    BTreeMap::from([
        ("users", victim.id.clone()),
        ("sessions", text(&sessions["items"][0]["id"])),
        ("items", text(&item["id"])),
        ("lines", text(&item["id"])),
        ("units", text(&units["items"][0]["id"])),
        ("categories", text(&categories["items"][0]["slug"])),
        ("orders", ordered(victim, &others["items"]).await),
        ("steps", "1".to_owned()),
        ("payments", text(&payment["id"])),
        ("webhooks", "test".to_owned()),
    ])
}

/// An order of the victim's for a thing of somebody else's.
async fn ordered(victim: &Member, items: &Value) -> String {
    for item in items.as_array().unwrap() {
        let line = json!({
            "item_id": item["id"], "period": { "start": "2027-03-01T10:00:00Z", "end": "2027-03-02T10:00:00Z" },
        });
        let order = json!({ "lines": [line], "payment": { "provider": "test", "token": "tok_approved" } });
        let request = victim.client.request(reqwest::Method::POST, "/api/v1/orders");
        let request = request.header("idempotency-key", item["id"].as_str().unwrap()).json(&order);
        let answer = test_kit::http::send(request).await;
        if answer.status == 202 {
            return answer.json()["id"].as_str().unwrap().to_owned();
        }
    }
    panic!("nothing of the demo's can be ordered");
}
