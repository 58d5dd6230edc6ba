use std::time::Duration;

use chrono::DateTime;
use http::Method;
use peer::{Peer, PeerSettings, http_client};
use serde_json::{Value, json};
use service_kit::clock::{Clock, Hands};
use service_kit::ops::Ops;
use service_kit::randomness::Randomness;
use test_kit::http::{Answer, Client, send};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use vocabulary::Secret;
use web::{Config, Deps, run};

use crate::fake::Fake;

pub(crate) const ITEM: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
pub(crate) const OWNER: &str = "01890a5d-ac96-774b-bcce-b302099a8058";
pub(crate) const OTHER: &str = "01890a5d-ac96-774b-bcce-b302099a8059";

/// The pages, in front of services that know one thing and its owner.
pub(crate) struct Site {
    pub(crate) users: Fake,
    pub(crate) inventory: Fake,
    pub(crate) orders: Fake,
    pub(crate) payments: Fake,
    pub(crate) warehouse: Fake,
    pub(crate) operations: Fake,
    pub(crate) hands: Hands,
    client: Client,
}

impl Site {
    pub(crate) async fn start() -> Self {
        let (users, inventory, orders) = (Fake::start().await, Fake::start().await, Fake::start().await);
        let (payments, warehouse, operations) = (Fake::start().await, Fake::start().await, Fake::start().await);
        let now = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
        let (clock, hands) = Clock::manual(now);
        let shutdown = CancellationToken::new();
        let http = http_client(Duration::from_secs(1)).unwrap();
        let peer = |name: &str, fake: &Fake| {
            Peer::new(PeerSettings::new(name, fake.base.parse().unwrap()), http.clone(), 1).unwrap()
        };
        let deps = Deps {
            clock,
            randomness: Randomness::seeded(1),
            ops: Ops::new("test", shutdown.clone()),
            users: peer("user-service", &users),
            inventory: peer("inventory-service", &inventory),
            photos: peer("inventory-photos", &inventory),
            orders: peer("order-service", &orders),
            payments: peer("payment-service", &payments),
            warehouse: Some(peer("warehouse", &warehouse)),
            operations: Some(peer("operations", &operations)),
        };
        let config = Config { session_key: Secret::new("k".repeat(40)), test_payments: true, ..Config::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client::new(format!("http://{}", listener.local_addr().unwrap()));
        tokio::spawn(run(config, deps, listener, shutdown));
        let site = Self { users, inventory, orders, payments, warehouse, operations, hands, client };
        site.stock();
        site
    }

    fn stock(&self) {
        let page = |items: Value| json!({ "items": items, "next": null });
        self.inventory.answer("GET /api/v1/items", 200, page(json!([item()])));
        self.inventory.answer("GET /api/v1/users/me/items", 200, page(json!([item()])));
        self.inventory.answer(&format!("GET /api/v1/items/{ITEM}"), 200, item());
        self.inventory.answer("GET /api/v1/categories", 200, page(json!([category()])));
        let days =
            json!({ "item_id": ITEM, "time_zone": "Europe/Vienna", "days": [{ "date": "2026-11-19", "free": 2 }] });
        self.inventory.answer(&format!("GET /api/v1/items/{ITEM}/availability"), 200, days);
        let profile = json!({ "id": OWNER, "display_name": "Ada L.", "member_since": "2026-01-02T03:04:05Z" });
        self.users.answer(&format!("GET /api/v1/users/{OWNER}/profile"), 200, profile);
        self.users.answer("POST /api/v1/auth/login", 200, tokens("access-1", "refresh-1"));
        self.users.answer("GET /api/v1/users/me", 200, user(&["member"]));
        self.users.answer("GET /api/v1/auth/sessions", 200, page(json!([])));
    }

    /// Where it is, without a slash at its end.
    pub(crate) fn base(&self) -> &str {
        self.client.base()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.client.get(path).await
    }

    /// GET with one more header.
    pub(crate) async fn get_with(&self, path: &str, name: &str, value: &str) -> Answer {
        send(self.client.request(Method::GET, path).header(name, value)).await
    }

    /// Sends a form as a browser would that shows one of our pages.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_with(path, fields, &[("sec-fetch-site", "same-origin")]).await
    }

    pub(crate) async fn post_with(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let request = self.client.request(Method::POST, path).form(fields);
        send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
    }

    /// Makes an administrator of the owner.
    pub(crate) fn promote(&self) {
        self.users.answer("GET /api/v1/users/me", 200, user(&["member", "admin"]));
    }

    /// Signs the owner in.
    pub(crate) async fn sign_in(&self) -> Browser<'_> {
        let answer = self.post("/en/sign-in", &[("email", "ada@example.org"), ("password", "secret words")]).await;
        let cookie = cookie(&answer.expect(303));
        let page = self.get_with("/en/account", "cookie", &cookie).await.expect(200).html();
        let token = page.split("name=\"form_token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        Browser { site: self, cookie, token }
    }
}

/// A browser in which the owner is signed in.
pub(crate) struct Browser<'a> {
    pub(crate) site: &'a Site,
    pub(crate) cookie: String,
    pub(crate) token: String,
}

impl Browser<'_> {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.site.get_with(path, "cookie", &self.cookie).await
    }

    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let fields = [&[("form_token", self.token.as_str())], fields].concat();
        let headers = [("sec-fetch-site", "same-origin"), ("cookie", self.cookie.as_str())];
        self.site.post_with(path, &fields, &headers).await
    }
}

/// A file of a form.
pub(crate) struct FormFile<'a> {
    pub(crate) name: &'a str,
    pub(crate) media_type: &'a str,
    pub(crate) bytes: &'a [u8],
}

impl Browser<'_> {
    /// Sends a form with files (RFC 7578).
    pub(crate) async fn upload(&self, path: &str, key: &str, files: &[FormFile<'_>]) -> Answer {
        let mut form = Vec::new();
        for (name, value) in [("form_token", self.token.as_str()), ("key", key)] {
            let part = format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            form.extend_from_slice(part.as_bytes());
        }
        for FormFile { name, media_type, bytes } in files {
            let disposition = format!("form-data; name=\"photo\"; filename=\"{name}\"");
            let head = format!("--edge\r\nContent-Disposition: {disposition}\r\nContent-Type: {media_type}\r\n\r\n");
            form.extend([head.as_bytes(), bytes, b"\r\n"].concat());
        }
        form.extend_from_slice(b"--edge--\r\n");
        let request = self.site.client.request(Method::POST, path).header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "multipart/form-data; boundary=edge");
        send(request.header("cookie", &self.cookie).body(form)).await
    }
}

/// What a browser would send back of the cookie in an answer.
pub(crate) fn cookie(answer: &Answer) -> String {
    header(answer, "set-cookie").split(';').next().unwrap().to_owned()
}

pub(crate) fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

pub(crate) fn tokens(access: &str, refresh: &str) -> Value {
    json!({
        "access_token": access, "token_type": "Bearer", "expires_in": 300, "refresh_token": refresh, "user_id": OWNER,
    })
}

pub(crate) fn user(roles: &[&str]) -> Value {
    json!({
        "id": OWNER, "email": "ada@example.org", "display_name": "Ada L.", "roles": roles, "status": "active",
        "created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T03:04:05Z", "version": 3,
    })
}

pub(crate) fn category() -> Value {
    json!({ "slug": "power-tools", "name": "Power tools", "parent": null, "items": 1, "version": 1 })
}

pub(crate) fn item() -> Value {
    json!({
        "id": ITEM, "owner_id": OWNER, "name": "Cordless drill", "description": "Strong.", "category": "power-tools",
        "tags": ["wood"], "condition": "good", "offer": "lend", "units": 2,
        "daily_price": { "amount_minor": 450, "currency": "EUR" }, "deposit": null, "max_loan_days": 7, "buffer_hours": 0,
        "stock": null, "price": null, "approval": "auto", "pickup": null, "photos": [], "status": "listed", "version": 5,
        "created_at": "2026-11-02T03:04:05Z", "updated_at": "2026-11-02T03:04:05Z",
    })
}

/// An answer as the page that it is.
pub(crate) trait Html {
    fn html(&self) -> String;
}

impl Html for Answer {
    fn html(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}
