//! A running inventory with members, for the tests of it.

use std::sync::Arc;

use chrono::DateTime;
use inventory_service::{Config, Deps, run};
use reqwest::Method;
use serde_json::{Value, json};
use service_kit::RunError;
use service_kit::clock::Clock;
use service_kit::credential::ServiceCredentials;
use service_kit::ops::Ops;
use test_kit::http::{Answer, Client, send};
use test_kit::on_every_database;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use user_api::{ActiveToken, FakeUsers, Role};
use uuid::Uuid;
use vocabulary::{Secret, SessionId, UserId};

/// What services show each other in tests.
const CREDENTIAL: &str = "hush";

/// A running service and the user service it asks.
pub(crate) struct Inventory {
    pub(crate) users: Arc<FakeUsers>,
    base: String,
    shutdown: CancellationToken,
    serving: JoinHandle<Result<(), RunError>>,
}

/// Somebody who is signed in.
pub(crate) struct Member {
    pub(crate) id: UserId,
    pub(crate) client: Client,
}

/// Runs `test` against an inventory on an empty database of each kind.
pub(crate) async fn on_both(test: impl AsyncFn(&Inventory)) {
    on_every_database(async |database| {
        let inventory = Inventory::start(database.url()).await;
        test(&inventory).await;
        inventory.stop().await;
    })
    .await;
}

impl Inventory {
    pub(crate) async fn start(database_url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let shutdown = CancellationToken::new();
        let users = Arc::new(FakeUsers::default());
        let deps = Deps {
            clock: Clock::system(),
            ops: Ops::new("test", shutdown.clone()),
            users: users.clone(),
            credentials: ServiceCredentials::accepting([&Secret::new(CREDENTIAL)]),
        };
        let config = Config { database_url: Secret::new(database_url), ..Config::default() };
        let serving = tokio::spawn(run(config, deps, listener, shutdown.clone()));
        Self { users, base, shutdown, serving }
    }

    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.serving.await.unwrap().unwrap();
    }

    pub(crate) fn anonymous(&self) -> Client {
        Client::new(self.base.clone())
    }

    /// A service with the credential.
    pub(crate) fn service(&self) -> Client {
        self.anonymous().with_token(CREDENTIAL)
    }

    /// Signs somebody in, whose token is their name.
    pub(crate) fn member(&self, name: &str) -> Member {
        self.sign_in(name, vec![Role::Member])
    }

    pub(crate) fn admin(&self) -> Member {
        self.sign_in("the-admin", vec![Role::Member, Role::Admin])
    }

    /// Makes a category with this name and no parent, and answers its slug.
    pub(crate) async fn category(&self, name: &str) -> String {
        let made = self.admin().client.post("/api/v1/categories", &json!({ "name": name })).await.expect(201);
        made.json()["slug"].as_str().unwrap().to_owned()
    }

    /// The names in a public list, as `query` filters it.
    pub(crate) async fn names(&self, query: &str) -> Vec<String> {
        let page = self.anonymous().get(&format!("/api/v1/items?{query}")).await.expect(200);
        page.json()["items"].as_array().unwrap().iter().map(|item| text(&item["name"])).collect()
    }

    /// Imports a file for `owner`; `options` is more of the query.
    pub(crate) async fn import(&self, owner: &Member, options: &str, file: impl Into<reqwest::Body>) -> Answer {
        let path = format!("/internal/v1/items/import?owner_id={}{options}", owner.id);
        let request = self.service().request(Method::POST, &path).header("content-type", "text/csv");
        send(request.body(file)).await
    }

    fn sign_in(&self, name: &str, roles: Vec<Role>) -> Member {
        let mut bytes = [0; 16];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        let id = UserId::new(Uuid::from_bytes(bytes));
        let exp = DateTime::from_timestamp(4_000_000_000, 0).unwrap();
        self.users.accept(name, ActiveToken { sub: id, roles, sid: SessionId::new(Uuid::from_bytes(bytes)), exp });
        Member { id, client: self.anonymous().with_token(name) }
    }
}

impl Member {
    /// Offers an item and answers it.
    pub(crate) async fn offers(&self, item: &Value) -> Answer {
        self.client.post("/api/v1/items", item).await.expect(201)
    }
}

/// The address of the item in an answer.
pub(crate) fn address(answer: &Answer) -> String {
    format!("/api/v1/items/{}", text(&answer.json()["id"]))
}

/// The text that a value is.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The pointers of the fields that a 422 refuses.
pub(crate) fn refused(answer: &Answer) -> Vec<String> {
    answer.json()["errors"].as_array().unwrap().iter().map(|error| text(&error["pointer"])).collect()
}
