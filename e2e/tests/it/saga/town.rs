//! All services that an order needs, each a process of its own with a database of its own.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use test_kit::http::{Client, send};
use test_kit::{Engine, TestDatabase};

use super::service::{Ports, Service};
use super::wire::{Faults, wire};
use crate::member::{Member, PASSWORD, join, sign_in};

const SECRET: &str = "a-credential-for-this-test-only";

/// What of the drills there is. Makes the category, too.
const DRILLS: &str = "name,category,description,units,loan_days,tags,daily_price,deposit,currency\n\
    Drill,Tools,,3,14,tool,4.50,50.00,EUR\n";
pub(super) const DRILL_UNITS: usize = 3;

/// What of the novels there is, and what one costs.
pub(super) const NOVELS: i64 = 10_000;
pub(super) const NOVEL: i64 = 900;

/// Who can be killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Orders,
    Payments,
    Inventory,
}

impl Part {
    pub(super) const ALL: [Self; 3] = [Self::Orders, Self::Payments, Self::Inventory];
}

pub(super) struct Town {
    pub(super) faults: Arc<Faults>,
    pub(super) databases: Databases,
    users: Service,
    inventory: Service,
    payments: Service,
    pub(super) orders: Service,
    pub(super) owner: Member,
    pub(super) admin: Member,
    pub(super) drill: String,
    pub(super) novel: String,
    _photos: TempDir,
    ports: Ports,
}

/// A database for each service.
pub(super) struct Databases {
    users: TestDatabase,
    pub(super) inventory: TestDatabase,
    pub(super) payments: TestDatabase,
    pub(super) orders: TestDatabase,
}

impl Town {
    /// With an owner who lends drills and sells novels. `nats` is where the services tell what happens.
    pub(super) async fn open(engine: Engine, seed: u64, nats: Option<String>) -> Self {
        let databases = match nats {
            None => Databases::on(async || TestDatabase::on(engine).await).await,
            // What is told waits for the transactions of the whole server.
            Some(_) => Databases::on(async || TestDatabase::alone(engine).await).await,
        };
        let mut ports = Ports::reserve();
        let photos = tempfile::tempdir().unwrap();
        let faults = Faults::new(seed);
        let url = |database: &TestDatabase| ("DATABASE_URL", database.url().to_owned());
        let credential = ("SERVICE_CREDENTIAL", SECRET.to_owned());
        let token = ("ACCESS_TOKEN_SECONDS", "3600".to_owned());
        let users = Service::start(
            "user-service",
            "LENDERY_USERS",
            &mut ports,
            &[url(&databases.users), credential.clone(), token],
        );
        let known = [credential, ("USERS_URL", users.client.base().to_owned())];
        let with = |more: &[(&'static str, String)]| [&known[..], more].concat();
        let photos_at = ("PHOTOS", photos.path().display().to_string());
        let nats: Vec<_> = nats.map(|url| ("NATS_URL", url)).into_iter().collect();
        let inventory = with(&[&[url(&databases.inventory), photos_at][..], &nats].concat());
        let inventory = Service::start("inventory-service", "LENDERY_INVENTORY", &mut ports, &inventory);
        let payments = with(&[&[url(&databases.payments), ("TEST", "true".to_owned())][..], &nats].concat());
        let payments = Service::start("payment-service", "LENDERY_PAYMENTS", &mut ports, &payments);
        let wired = |address| format!("http://{address}");
        let asked = [
            url(&databases.orders),
            ("INVENTORY_URL", wired(wire(inventory.port, &faults).await)),
            ("PAYMENTS_URL", wired(wire(payments.port, &faults).await)),
        ];
        let orders = with(&[&asked[..], &nats[..]].concat());
        let orders = Service::start("order-service", "LENDERY_ORDERS", &mut ports, &orders);
        for service in [&users, &inventory, &payments, &orders] {
            service.ready().await;
        }
        let owner = join(&users.client, "owner@example.org").await;
        let admin = administrator(&users.client).await;
        let drill = import(&inventory.client, &owner).await;
        let novel = sell(&inventory.client, &owner).await;
        let (owner, admin) = (at(owner, &orders), at(admin, &orders));
        Self {
            faults,
            databases,
            users,
            inventory,
            payments,
            orders,
            owner,
            admin,
            drill,
            novel,
            _photos: photos,
            ports,
        }
    }

    /// Somebody new, who asks the order service.
    pub(super) async fn member(&self, name: &str) -> Member {
        at(join(&self.users.client, &format!("{name}@example.org")).await, &self.orders)
    }

    /// A gateway in front of everything.
    pub(super) async fn gateway(&mut self, nats: String) -> Service {
        let services = [
            ("users", &self.users),
            ("inventory", &self.inventory),
            ("payments", &self.payments),
            ("orders", &self.orders),
        ];
        let upstreams: Vec<_> =
            services.iter().map(|(name, service)| format!("{name}={}", service.client.base())).collect();
        let settings =
            [("UPSTREAMS", upstreams.join(",")), ("NATS_URL", nats), ("SERVICE_CREDENTIAL", SECRET.to_owned())];
        let gateway = Service::start("gateway", "LENDERY_GATEWAY", &mut self.ports, &settings);
        gateway.ready().await;
        gateway
    }

    /// The days of the drill's calendar, from today on.
    pub(super) async fn days(&self) -> Vec<String> {
        let path = format!("/api/v1/items/{}/availability", self.drill);
        let calendar = self.inventory.client.get(&path).await.expect(200).json();
        let days = calendar["days"].as_array().unwrap().iter();
        days.map(|day| day["date"].as_str().unwrap().to_owned()).collect()
    }

    /// The inventory as anybody asks it, past the gateway.
    pub(super) fn inventory(&self) -> &Client {
        &self.inventory.client
    }

    /// Kill -9, and a start.
    pub(super) async fn crash(&mut self, part: Part) {
        let service = match part {
            Part::Orders => &mut self.orders,
            Part::Payments => &mut self.payments,
            Part::Inventory => &mut self.inventory,
        };
        service.kill();
        // What it was asked hangs no longer than the process that has asked or was asked.
        self.faults.release();
        service.resume();
        service.ready().await;
    }
}

impl Databases {
    async fn on(new: impl AsyncFn() -> TestDatabase) -> Self {
        Self { users: new().await, inventory: new().await, payments: new().await, orders: new().await }
    }
}

/// The same member, asking the order service.
fn at(member: Member, orders: &Service) -> Member {
    Member { client: orders.client.with_token(member.access_token.clone()), ..member }
}

async fn administrator(users: &Client) -> Member {
    let account = json!({ "email": "admin@example.org", "display_name": "Admin", "password": PASSWORD });
    users.with_token(SECRET).post("/internal/v1/admins", &account).await.expect(201);
    sign_in(users, "admin@example.org").await
}

async fn import(inventory: &Client, owner: &Member) -> String {
    let path = format!("/internal/v1/items/import?owner_id={}", owner.id);
    let request = inventory.request(Method::POST, &path).bearer_auth(SECRET);
    send(request.header("content-type", "text/csv").body(DRILLS)).await.expect(200);
    let items: Value = inventory.get("/api/v1/items").await.expect(200).json();
    items["items"][0]["id"].as_str().unwrap().to_owned()
}

async fn sell(inventory: &Client, owner: &Member) -> String {
    let novel = json!({
        "name": "A novel about rain", "category": "tools", "offer": "sell", "stock": NOVELS,
        "price": { "amount_minor": NOVEL, "currency": "EUR" },
    });
    let owner = inventory.with_token(owner.access_token.clone());
    owner.post("/api/v1/items", &novel).await.expect(201).json()["id"].as_str().unwrap().to_owned()
}
