//! A running inventory with members, for the tests of it.

use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use events::InProcessBus;
use inventory_api::HttpReservations;
use inventory_service::{Config, Deps, run};
use peer::{Credential, Peer, PeerSettings};
use reqwest::Method;
use serde_json::{Value, json};
use service_kit::RunError;
use service_kit::clock::{Clock, Hands};
use service_kit::credential::ServiceCredentials;
use service_kit::ops::Ops;
use tempfile::TempDir;
use test_kit::http::{Answer, Client, send};
use test_kit::on_every_database;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use user_api::{ActiveToken, FakeUsers, Role};
use uuid::Uuid;
use vocabulary::{Secret, SessionId, UserId};

/// What services show each other in tests.
pub(crate) const CREDENTIAL: &str = "hush";

/// When tests with a clock of their own begin.
pub(crate) const NOON: &str = "2027-03-10T12:00:00Z";

/// A running service and the user service it asks.
pub(crate) struct Inventory {
    pub(crate) users: Arc<FakeUsers>,
    base: String,
    database_url: String,
    photos: TempDir,
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

/// As [`on_both`], at noon of a day in 2027 and with a clock that the test moves.
pub(crate) async fn on_both_at_noon(test: impl AsyncFn(&Inventory, &Hands)) {
    on_every_database(async |database| {
        let (clock, hands) = Clock::manual(NOON.parse().unwrap());
        let inventory = Inventory::start_with(database.url(), clock).await;
        test(&inventory, &hands).await;
        inventory.stop().await;
    })
    .await;
}

impl Inventory {
    pub(crate) async fn start(database_url: &str) -> Self {
        Self::start_with(database_url, Clock::system()).await
    }

    async fn start_with(database_url: &str, clock: Clock) -> Self {
        Self::start_in(database_url, clock, tempfile::tempdir().unwrap()).await
    }

    async fn start_in(database_url: &str, clock: Clock, photos: TempDir) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let shutdown = CancellationToken::new();
        let users = Arc::new(FakeUsers::default());
        let deps = Deps {
            clock,
            ops: Ops::new("test", shutdown.clone()),
            users: users.clone(),
            bus: Arc::new(InProcessBus::default()),
            credentials: ServiceCredentials::accepting([&Secret::new(CREDENTIAL)]),
        };
        let database = Secret::new(database_url);
        let config = Config { database_url: database, photos: photos.path().to_owned(), ..Config::default() };
        let serving = tokio::spawn(run(config, deps, listener, shutdown.clone()));
        Self { users, base, database_url: database_url.to_owned(), photos, shutdown, serving }
    }

    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.serving.await.unwrap().unwrap();
    }

    /// The same once more, on the same database and photos, at noon of the day in 2027.
    pub(crate) async fn restarted(self) -> Self {
        self.shutdown.cancel();
        self.serving.await.unwrap().unwrap();
        let (clock, _) = Clock::manual(NOON.parse().unwrap());
        Self::start_in(&self.database_url, clock, self.photos).await
    }

    /// The photos of which there are files.
    pub(crate) fn stored_photos(&self) -> usize {
        let shelves = std::fs::read_dir(self.photos.path().join("thumbnails")).into_iter().flatten();
        shelves.map(|shelf| std::fs::read_dir(shelf.unwrap().path()).unwrap().count()).sum()
    }

    /// Leaves the file of a photo behind that no item has.
    pub(crate) fn orphan_photo(&self) {
        let shelf = self.photos.path().join("thumbnails/90");
        std::fs::create_dir_all(&shelf).unwrap();
        std::fs::write(shelf.join("0190163d-8694-739b-aea5-966c26f8ad90.jpg"), "pixels").unwrap();
    }

    /// A connection past the service, to do what it never would; once it serves, for it brings the schema itself.
    pub(crate) async fn database(&self) -> sea_orm::DatabaseConnection {
        self.anonymous().get("/openapi.json").await.expect(200);
        sea_orm::Database::connect(&self.database_url).await.unwrap()
    }

    /// What other services reach it by.
    pub(crate) fn reservations(&self) -> HttpReservations {
        let mut settings = PeerSettings::new("inventory-service", self.base.parse().unwrap());
        settings.credential = Some(Credential::bearer(CREDENTIAL).unwrap());
        let http = peer::http_client(Duration::from_secs(1)).unwrap();
        HttpReservations::new(Peer::new(settings, http, 7).unwrap())
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
