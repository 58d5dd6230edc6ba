//! A running payment service with members, for the tests of it.

use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use events::InProcessBus;
use payment_service::{Config, Deps, run};
use sea_orm::{ConnectionTrait, Database, DbErr, QueryResult, Statement};
use serde_json::{Value, json};
use service_kit::RunError;
use service_kit::clock::{Clock, Hands};
use service_kit::credential::ServiceCredentials;
use service_kit::ops::Ops;
use test_kit::http::{Answer, Client};
use test_kit::{on_every_database, wait_until};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use user_api::{ActiveToken, FakeUsers, Role};
use uuid::Uuid;
use vocabulary::{Secret, SessionId, UserId};

/// Longer than anything here takes.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// What services show each other in tests.
const CREDENTIAL: &str = "hush";

/// A running service.
pub(crate) struct Payments {
    pub(crate) hands: Hands,
    pub(crate) users: Arc<FakeUsers>,
    database_url: String,
    config: Config,
    base: String,
    shutdown: CancellationToken,
    serving: JoinHandle<Result<(), RunError>>,
}

/// Somebody who is signed in.
pub(crate) struct Member {
    pub(crate) id: UserId,
    pub(crate) client: Client,
}

/// Runs `test` against payments on an empty database of each kind.
pub(crate) async fn on_both(test: impl AsyncFn(&Payments)) {
    on_every_database(async |database| {
        let payments = Payments::start(database.url(), Config { test: true, ..Config::default() }).await;
        test(&payments).await;
        payments.stop().await;
    })
    .await;
}

impl Payments {
    pub(crate) async fn start(database_url: &str, config: Config) -> Self {
        let (clock, hands) = Clock::manual(DateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
        Self::start_at(database_url, config, (clock, hands)).await
    }

    async fn start_at(database_url: &str, config: Config, (clock, hands): (Clock, Hands)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let shutdown = CancellationToken::new();
        let users = Arc::new(FakeUsers::default());
        let deps = Deps {
            clock,
            ops: Ops::new("test", shutdown.clone()),
            users: users.clone(),
            credentials: ServiceCredentials::accepting([&Secret::new(CREDENTIAL)]),
            bus: Arc::new(InProcessBus::default()),
        };
        let config = Config { database_url: Secret::new(database_url), ..config };
        let serving = tokio::spawn(run(config.clone(), deps, listener, shutdown.clone()));
        Self { hands, users, database_url: database_url.to_owned(), config, base, shutdown, serving }
    }

    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.serving.await.unwrap().unwrap();
    }

    /// Why it has stopped by itself.
    pub(crate) async fn ended(self) -> Result<(), RunError> {
        self.serving.await.unwrap()
    }

    /// As after a restart of its process, a while later.
    pub(crate) async fn restarted(self, later: Duration) -> Self {
        let (database_url, config) = (self.database_url.clone(), self.config.clone());
        let now = DateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000) + later;
        self.stop().await;
        Self::start_at(&database_url, config, Clock::manual(now)).await
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

    /// Asks for a hold of an order by this number, paid by ada.
    pub(crate) async fn authorise(&self, order: u128, token: &str) -> Answer {
        self.service().post("/internal/v1/payments", &self.request(order, token)).await
    }

    /// A whole request: 900 and a deposit of 5,000.
    pub(crate) fn request(&self, order: u128, token: &str) -> Value {
        json!({
            "order_id": Uuid::from_u128(order), "step": "authorise", "payer_id": self.member("ada").id,
            "amount": euros(900), "deposit": euros(5_000), "provider": "test", "token": token,
        })
    }

    /// Captures, refunds or voids.
    pub(crate) async fn operate(&self, order: u128, what: &str, step: &str, amount: Option<i64>) -> Answer {
        let body = match amount {
            Some(amount) => json!({ "step": step, "amount": euros(amount) }),
            None => json!({ "step": step }),
        };
        self.service().post(&format!("{}/{what}", key(order)), &body).await
    }

    /// The payment of an order, which is looked for as a saga does.
    pub(crate) async fn find(&self, order: u128) -> Answer {
        self.service().get(&key(order)).await
    }

    /// The state of the payment of an order.
    pub(crate) async fn state(&self, order: u128) -> String {
        text(&self.find(order).await.expect(200).json()["state"])
    }

    /// Waits until the payment has this state, without asking for it: time and background work have to do.
    pub(crate) async fn becomes(&self, id: &str, state: &str) -> Value {
        let address = format!("/internal/v1/payments/{id}");
        wait_until(state, DEADLINE, async || {
            self.hands.advance(Duration::from_millis(500));
            self.service().get(&address).await.expect(200).json()["state"] == state
        })
        .await;
        self.service().get(&address).await.expect(200).json()
    }

    /// The rows that a statement answers, straight from the database.
    pub(crate) async fn rows(&self, sql: &str) -> Result<Vec<QueryResult>, DbErr> {
        let database = Database::connect(&self.database_url).await?;
        let rows = database.query_all_raw(Statement::from_string(database.get_database_backend(), sql)).await;
        database.close().await?;
        rows
    }

    /// The versions and types of all events so far.
    pub(crate) async fn events(&self, count: usize) -> Vec<(i64, String)> {
        let feed = async || self.service().get("/internal/v1/events").await.expect(200).json();
        wait_until("the events to be numbered", DEADLINE, async || feed().await["head"] == count).await;
        let events = feed().await["events"].as_array().unwrap().clone();
        events.iter().map(|event| (event["version"].as_i64().unwrap(), text(&event["type"]))).collect()
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

/// The address of the payment of an order.
pub(crate) fn key(order: u128) -> String {
    format!("/internal/v1/payments/{}/authorise", Uuid::from_u128(order))
}

pub(crate) fn euros(amount_minor: i64) -> Value {
    json!({ "amount_minor": amount_minor, "currency": "EUR" })
}

/// What is held, captured and refunded.
pub(crate) fn amounts(payment: &Value) -> (i64, i64, i64) {
    let amount = |name: &str| payment[name]["amount_minor"].as_i64().unwrap();
    (amount("held"), amount("captured"), amount("refunded"))
}

/// The text that a value is.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The pointers of the fields that a 422 refuses.
pub(crate) fn refused(answer: &Answer) -> Vec<String> {
    answer.json()["errors"].as_array().unwrap().iter().map(|error| text(&error["pointer"])).collect()
}
