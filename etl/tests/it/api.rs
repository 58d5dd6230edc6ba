//! The warehouse over HTTP: administrators only, the last batch always readable.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use etl::{Config, Deps, Outcome, REPORTS};
use serde_json::json;
use service_kit::RunError;
use service_kit::ops::Ops;
use test_kit::http::Client;
use test_kit::{Engine, wait_until};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use user_api::{ActiveToken, FakeUsers, Role};

use crate::support::{DEADLINE, House};

pub(crate) struct Service {
    pub(crate) client: Client,
    users: Arc<FakeUsers>,
    ops: Ops,
    task: JoinHandle<Result<(), RunError>>,
    shutdown: CancellationToken,
}

impl Service {
    pub(crate) async fn start(house: &House) -> Self {
        Self::of(house.config.clone(), house).await
    }

    /// With settings of its own.
    pub(crate) async fn of(config: Config, house: &House) -> Self {
        let (shutdown, users) = (CancellationToken::new(), Arc::new(FakeUsers::default()));
        for (token, role) in [("admin", Role::Admin), ("member", Role::Member)] {
            let exp: DateTime<Utc> = "2027-01-01T00:00:00Z".parse().unwrap();
            let (sub, sid) = (house.clock.new_id(), house.clock.new_id());
            users.accept(token, ActiveToken { sub, sid, roles: vec![role], exp });
        }
        let ops = Ops::new("test", shutdown.clone());
        let deps = Deps { clock: house.clock.clone(), ops: ops.clone(), users: users.clone() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client::new(format!("http://{}", listener.local_addr().unwrap()));
        let task = tokio::spawn(etl::run(config, deps, listener, shutdown.clone()));
        Self { client, users, ops, task, shutdown }
    }

    pub(crate) fn admin(&self) -> Client {
        self.client.with_token("admin")
    }

    /// As Prometheus reads them.
    pub(crate) async fn metrics(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client::new(format!("http://{}", listener.local_addr().unwrap()));
        let stop = CancellationToken::new();
        let serving = tokio::spawn(self.ops.clone().serve(listener, stop.clone()));
        let told = client.get("/metrics").await.expect(200).body;
        stop.cancel();
        serving.await.unwrap().unwrap();
        String::from_utf8(told).unwrap()
    }

    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_run_that_is_asked_for_begins_without_waiting_for_the_schedule() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.sources.add_user(1).await;
    let service = Service::start(&house).await;
    let asked = service.admin().post("/api/v1/warehouse/runs", &json!({})).await.expect(202);
    assert_eq!(asked.header("location"), Some("/api/v1/warehouse/runs"));
    wait_until("the run to end", DEADLINE, async || {
        let runs = service.admin().get("/api/v1/warehouse/runs").await.expect(200).json();
        runs["runs"][0]["outcome"] == json!("succeeded") && runs["batch"] == json!(1)
    })
    .await;
    assert_eq!(house.warehouse.status().await.unwrap().runs[0].outcome, Outcome::Succeeded);
    service.stop().await;
}

#[tokio::test]
async fn reports_are_told_as_json_and_csv() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.sources.add_user(1).await;
    house.run().await;
    let service = Service::start(&house).await;
    let admin = service.admin();
    let named = admin.get("/api/v1/warehouse/reports").await.expect(200).json();
    assert_eq!(named["items"].as_array().unwrap().len(), REPORTS.len());
    let members = admin.get("/api/v1/warehouse/reports/members").await.expect(200).json();
    assert_eq!(members["columns"], json!(["cohort_month", "members", "with_items", "borrowers"]));
    assert_eq!(members["rows"], json!([["2026-03-01", 1, 0, 0]]));
    let csv = admin.get("/api/v1/warehouse/reports/members?format=csv").await.expect(200);
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(csv.body, b"cohort_month,members,with_items,borrowers\r\n2026-03-01,1,0,0\r\n");
    for (path, status) in [("members?format=xml", 400), ("members?page=2", 400), ("nothing", 404), ("%ff", 404)] {
        admin.get(&format!("/api/v1/warehouse/reports/{path}")).await.expect(status).problem();
    }
    service.stop().await;
}

#[tokio::test]
async fn a_report_that_is_longer_than_is_told_says_so() {
    let house = House::on_engine(Engine::Sqlite).await;
    let many = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10001)
        INSERT INTO items (id, owner_id, category_id, status, version, created_at, updated_at)
        SELECT randomblob(16), x'00000000000000000000000000000001', x'00000000000000000000000000000002', 'listed', 1,
            '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00' FROM numbers";
    house.sources.run(many).await;
    house.run().await;
    let service = Service::start(&house).await;
    let path = "/api/v1/warehouse/reports/idle_items";
    let told = service.admin().get(path).await.expect(200).json();
    assert_eq!((&told["truncated"], told["rows"].as_array().unwrap().len()), (&json!(true), 10_000));
    let csv = service.admin().get(&format!("{path}?format=csv")).await.expect(200);
    assert_eq!(csv.header("lendery-truncated"), Some("true"));
    assert_eq!(csv.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count(), 10_001, "and a head");
    let whole = service.admin().get("/api/v1/warehouse/reports/members?format=csv").await.expect(200);
    assert_eq!(whole.header("lendery-truncated"), None);
    service.stop().await;
}

#[tokio::test]
async fn only_administrators_are_let_in_and_nobody_when_they_cannot_be_known() {
    let house = House::on_engine(Engine::Sqlite).await;
    let service = Service::start(&house).await;
    let paths = ["/api/v1/warehouse/runs", "/api/v1/warehouse/reports", "/api/v1/warehouse/reports/members"];
    for path in paths {
        service.client.get(path).await.expect(401).problem();
        service.client.with_token("member").get(path).await.expect(403).problem();
    }
    service.client.with_token("member").post(paths[0], &json!({})).await.expect(403);
    service.admin().get(paths[2]).await.expect(409).problem();
    service.users.set_down(true);
    for path in paths {
        service.admin().get(path).await.expect(503).problem();
    }
    assert!(house.warehouse.status().await.unwrap().runs.is_empty());
    service.stop().await;
}
