//! A user service on a port of its own, with a clock that the test moves.

use std::sync::Arc;
use std::time::Duration;

use cache::{Cache, InProcess};
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, QueryResult, Statement};
use serde_json::{Value, json};
use service_kit::clock::{Clock, Hands};
use service_kit::credential::ServiceCredentials;
use service_kit::ops::Ops;
use service_kit::randomness::Randomness;
use test_kit::http::{Answer, Client, send};
use test_kit::{TestDatabase, wait_until};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use user_service::{Config, Deps, run};
use vocabulary::Secret;

pub(crate) const CREDENTIAL: &str = "the-secret-that-services-share";
pub(crate) const PASSWORD: &str = "nine grey herons";

pub(crate) struct TestApp {
    /// `host:port`.
    pub(crate) address: String,
    /// Anonymous.
    pub(crate) web: Client,
    /// With the service credential.
    pub(crate) service: Client,
    pub(crate) hands: Hands,
    pub(crate) clock: Clock,
    database_url: String,
    ops: Ops,
    shutdown: CancellationToken,
    running: JoinHandle<()>,
}

/// Somebody who has signed in.
pub(crate) struct Member {
    pub(crate) id: String,
    /// With the access token.
    pub(crate) client: Client,
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
}

/// The moment at which every test begins.
pub(crate) fn start() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_778) + TimeDelta::milliseconds(250)
}

impl TestApp {
    pub(crate) async fn start(database: &TestDatabase) -> Self {
        let (clock, hands) = Clock::manual(start());
        Self::start_with(database, clock, hands, Config::default()).await
    }

    pub(crate) async fn start_with(database: &TestDatabase, clock: Clock, hands: Hands, config: Config) -> Self {
        let cache = Arc::new(InProcess::new(config.session_cache_bytes));
        Self::start_sharing(database, clock, hands, config, cache).await
    }

    /// One of several instances that have a database and a cache in common.
    pub(crate) async fn start_sharing(
        database: &TestDatabase,
        clock: Clock,
        hands: Hands,
        config: Config,
        cache: Arc<dyn Cache>,
    ) -> Self {
        let credentials = if config.service_credentials_path.as_os_str().is_empty() {
            ServiceCredentials::accepting([&Secret::new(CREDENTIAL)])
        } else {
            config.credentials().unwrap()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shutdown = CancellationToken::new();
        let ops = Ops::new("test", shutdown.clone());
        let deps =
            Deps { clock: clock.clone(), randomness: Randomness::system(), ops: ops.clone(), credentials, cache };
        let config = Config { database_url: Secret::new(database.url()), ..config };
        let running = tokio::spawn({
            let shutdown = shutdown.clone();
            async move { Box::pin(run(config, deps, listener, shutdown)).await.unwrap() }
        });
        let web = Client::new(format!("http://{address}"));
        let service = web.with_token(CREDENTIAL);
        let database_url = database.url().to_owned();
        Self { address, web, service, hands, clock, database_url, ops, shutdown, running }
    }

    /// Ends the service, and returns once it has ended.
    pub(crate) async fn stop(mut self) {
        self.shutdown.cancel();
        (&mut self.running).await.unwrap();
    }

    pub(crate) async fn register(&self, email: &str) -> Answer {
        let account = json!({ "email": email, "password": PASSWORD, "display_name": "Ada" });
        self.web.post("/api/v1/auth/register", &account).await
    }

    pub(crate) async fn login(&self, email: &str, password: &str) -> Answer {
        self.web.post("/api/v1/auth/login", &json!({ "email": email, "password": password })).await
    }

    /// Somebody new who has signed in.
    pub(crate) async fn member(&self, email: &str) -> Member {
        self.register(email).await.expect(201);
        self.signed_in(&self.login(email, PASSWORD).await)
    }

    /// An administrator who has signed in.
    pub(crate) async fn administrator(&self, email: &str) -> Member {
        let account = json!({ "email": email, "password": PASSWORD, "display_name": "Admin" });
        self.service.post("/internal/v1/admins", &account).await.expect(201);
        self.signed_in(&self.login(email, PASSWORD).await)
    }

    #[track_caller]
    pub(crate) fn signed_in(&self, answer: &Answer) -> Member {
        let tokens = answer.clone().expect(200).json();
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        Member {
            id: text("user_id"),
            client: self.web.with_token(text("access_token")),
            access_token: text("access_token"),
            refresh_token: text("refresh_token"),
        }
    }

    pub(crate) async fn refresh(&self, refresh_token: &str) -> Answer {
        self.web.post("/api/v1/auth/refresh", &json!({ "refresh_token": refresh_token })).await
    }

    /// The answer of validate-token.
    pub(crate) async fn validate(&self, token: &str) -> Value {
        self.service.post("/internal/v1/validate-token", &json!({ "token": token })).await.expect(200).json()
    }

    pub(crate) async fn is_active(&self, token: &str) -> bool {
        self.validate(token).await["active"] == true
    }

    /// A counter of `/metrics`.
    pub(crate) fn counter(&self, name: &str) -> u64 {
        let mut text = String::new();
        self.ops.metrics(|registry| prometheus_client::encoding::text::encode(&mut text, registry)).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned));
        line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
    }

    /// The rows of a query on the service's own database.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<QueryResult> {
        let db = self.database().await;
        let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
        db.close().await.unwrap();
        rows
    }

    /// The number that a query answers.
    pub(crate) async fn count(&self, sql: &str) -> i64 {
        self.rows(sql).await[0].try_get_by_index(0).unwrap()
    }

    pub(crate) async fn execute(&self, sql: &str) {
        let db = self.database().await;
        db.execute_unprepared(sql).await.unwrap();
        db.close().await.unwrap();
    }

    async fn database(&self) -> DatabaseConnection {
        Database::connect(&self.database_url).await.unwrap()
    }

    /// Waits until a query answers this number.
    pub(crate) async fn until_count(&self, sql: &str, wanted: i64) {
        let condition = async || self.count(sql).await == wanted;
        wait_until(&format!("{sql} is {wanted}"), Duration::from_secs(10), condition).await;
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// Runs as many requests as there are in `count` at the same time.
pub(crate) async fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    count: usize,
    request: impl Fn(usize) -> F,
) -> Vec<T> {
    let tasks: Vec<_> = (0..count).map(|number| tokio::spawn(request(number))).collect();
    let mut answers = Vec::with_capacity(count);
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

/// A POST whose body is sent as it is.
pub(crate) async fn post_raw(client: &Client, path: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
    send(client.request(Method::POST, path).header("content-type", content_type).body(body.into())).await
}
