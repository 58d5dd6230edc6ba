//! The services as processes of their own, one of which goes away and comes back.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_kit::http::{Client, send};
use test_kit::process::Process;
use test_kit::wait_until;

use crate::member::{Member, join, sign_in, thing};
use crate::platform::START;
use crate::programs::program;

const SECRET: &str = "a-credential-for-this-test-only";
const CSV: &str = "name,category,description,units,loan_days,tags\nKayak,Boats,,2,7,water\nOar,Boats,,4,7,water\n";

/// A write that cannot be validated is refused within this time.
const REFUSED_WITHIN: Duration = Duration::from_secs(1);

#[tokio::test]
async fn while_the_user_service_is_down_reads_go_on_and_writes_are_refused_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut services = Services::start(directory.path()).await;
    let member = join(&services.gateway.client, "member@example.org").await;
    services.import(&member).await;
    member.client.post("/api/v1/items", &thing("Paddle", "boats")).await.expect(201);

    services.users.process.kill();
    reads_go_on(&services.gateway.client).await;
    writes_are_refused(&services, &member).await;
    logins_open_the_breaker(&services).await;

    services.users = start_users(directory.path(), services.users.port);
    breaker_closes(&services).await;
    let path = "/api/v1/items?q=raft";
    assert_eq!(services.gateway.client.get(path).await.expect(200).json()["items"], json!([]));
    wait_until("writes to pass again", START, async || {
        let again = sign_in(&services.gateway.client, "member@example.org").await;
        again.client.post("/api/v1/items", &thing("Raft", "boats")).await.status == 201
    })
    .await;
    let found = services.gateway.client.get(path).await.expect(200).json();
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
}

async fn reads_go_on(web: &Client) {
    for path in ["/api/v1/items", "/api/v1/items?q=kayak", "/api/v1/items?sort=name", "/api/v1/categories"] {
        web.get(path).await.expect(200);
    }
}

async fn writes_are_refused(services: &Services, member: &Member) {
    // What the inventory was told a moment ago it may believe until a second is over.
    wait_until("the last yes to be forgotten", START, async || {
        member.client.post("/api/v1/items", &thing("Oar", "boats")).await.status == 503
    })
    .await;
    for _ in 0..20 {
        let begun = Instant::now();
        let answer = member.client.post("/api/v1/items", &thing("Raft", "boats")).await.expect(503);
        assert!(begun.elapsed() < REFUSED_WITHIN, "{:?}", begun.elapsed());
        assert_eq!(answer.problem(), "unavailable");
        assert!(answer.header("retry-after").is_some());
    }
    let list = services.gateway.client.get("/api/v1/items?q=raft").await.expect(200).json();
    assert_eq!(list["items"], json!([]), "nothing was changed");
}

async fn logins_open_the_breaker(services: &Services) {
    let login = json!({ "email": "member@example.org", "password": "whatever it is" });
    wait_until("the breaker to open", START, async || {
        services.gateway.client.post("/api/v1/auth/login", &login).await.expect(503);
        services.breaker("users").await == "open"
    })
    .await;
}

async fn breaker_closes(services: &Services) {
    let login = json!({ "email": "member@example.org", "password": "a wrong password" });
    wait_until("the breaker to close", START, async || {
        let status = services.gateway.client.post("/api/v1/auth/login", &login).await.status;
        assert!([401, 429, 503].contains(&status), "{status}");
        services.breaker("users").await == "closed"
    })
    .await;
}

struct Services {
    users: Service,
    inventory: Service,
    gateway: Service,
}

/// A running program, its address and that of its operations.
struct Service {
    port: u16,
    client: Client,
    ops: Client,
    process: Process,
}

impl Services {
    async fn start(directory: &Path) -> Self {
        let users = start_users(directory, free_port());
        let inventory = Service::start(
            "inventory-service",
            "LENDERY_INVENTORY",
            free_port(),
            &[
                ("DATABASE_URL", database(directory, "inventory")),
                ("SERVICE_CREDENTIAL", SECRET.to_owned()),
                ("USERS_URL", users.client.base().to_owned()),
            ],
        );
        let upstreams = format!("users={},inventory={}", users.client.base(), inventory.client.base());
        let gateway = Service::start("gateway", "LENDERY_GATEWAY", free_port(), &[("UPSTREAMS", upstreams)]);
        for service in [&users, &inventory, &gateway] {
            service.ready().await;
        }
        Self { users, inventory, gateway }
    }

    /// Puts things into the inventory as the operator's command does.
    async fn import(&self, owner: &Member) {
        let path = format!("/internal/v1/items/import?owner_id={}", owner.id);
        let request = self.inventory.client.request(reqwest::Method::POST, &path).bearer_auth(SECRET);
        send(request.header("content-type", "text/csv").body(CSV)).await.expect(200);
    }

    /// The state of one of the gateway's breakers.
    async fn breaker(&self, upstream: &str) -> String {
        let breakers: Value = self.gateway.ops.get("/ops/breakers").await.expect(200).json();
        let all = breakers["breakers"].as_array().or(breakers.as_array()).expect("a list of breakers");
        let one = all.iter().find(|breaker| breaker["name"] == upstream).expect("the upstream's breaker");
        one["state"].as_str().unwrap().to_owned()
    }
}

impl Service {
    fn start(name: &str, prefix: &str, port: u16, settings: &[(&str, String)]) -> Self {
        let ops = free_port();
        let mut command = program(name);
        command.env(format!("{prefix}_LISTEN"), format!("127.0.0.1:{port}"));
        command.env(format!("{prefix}_OPS_LISTEN"), format!("127.0.0.1:{ops}"));
        command.envs(settings.iter().map(|(key, value)| (format!("{prefix}_{key}"), value)));
        let client = |port: u16| Client::new(format!("http://127.0.0.1:{port}"));
        Self { port, client: client(port), ops: client(ops), process: Process::start(&mut command) }
    }

    async fn ready(&self) {
        wait_until("the service to be ready", START, async || {
            let request = self.ops.request(reqwest::Method::GET, "/readyz");
            request.send().await.is_ok_and(|answer| answer.status() == 200)
        })
        .await;
    }
}

fn start_users(directory: &Path, port: u16) -> Service {
    Service::start(
        "user-service",
        "LENDERY_USERS",
        port,
        &[("DATABASE_URL", database(directory, "users")), ("SERVICE_CREDENTIAL", SECRET.to_owned())],
    )
}

fn database(directory: &Path, name: &str) -> String {
    let file: PathBuf = directory.join(format!("{name}.db"));
    format!("sqlite:{}", file.display())
}

/// A port that was free a moment ago; services are told theirs before they start.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
