//! What Prometheus is told of runs and of comparisons with the sources.

use etl::{Compared, Outcome};
use test_kit::{Engine, on_every_database, wait_until};

use crate::api::Service;
use crate::support::{DEADLINE, House};

/// The value of a line of metrics, 0 where there is none yet.
fn value(metrics: &str, name: &str) -> f64 {
    let line = metrics.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')));
    line.map_or(0.0, |line| line.rsplit_once(' ').unwrap().1.parse().unwrap())
}

async fn run(house: &House, service: &Service) {
    let before = house.warehouse.status().await.unwrap().runs.len();
    service.admin().post("/api/v1/warehouse/runs", &serde_json::json!({})).await.expect(202);
    wait_until("the run to end", DEADLINE, async || {
        let runs = house.warehouse.status().await.unwrap().runs;
        runs.len() > before && runs[0].outcome != Outcome::Running
    })
    .await;
}

#[tokio::test]
async fn rows_bytes_lag_duration_and_outcomes_are_counted() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        for user in 1..=3 {
            house.sources.add_user(user).await;
        }
        house.sources.settle().await;
        let service = Service::start(&house).await;
        run(&house, &service).await;
        let one = house.sources.id(1);
        house.sources.run(&format!("DELETE FROM users WHERE id = {one}")).await;
        house.sources.settle().await;
        house.hands.advance(std::time::Duration::from_secs(60));
        run(&house, &service).await;
        house.sources.run("ALTER TABLE items RENAME COLUMN approval TO consent").await;
        house.sources.run("ALTER TABLE users ADD COLUMN phone text").await;
        run(&house, &service).await;

        let compared = async || house.warehouse.status().await.unwrap().reconciliations;
        wait_until("the first comparison", DEADLINE, async || !compared().await.is_empty()).await;
        let told = service.metrics().await;
        let raw_users = |name: &str| value(&told, &format!("lendery_etl_{name}_total{{table=\"raw_users\"}}"));
        assert_eq!(raw_users("rows").to_string(), "4", "three rows and a deletion: {told}");
        let report = &house.warehouse.status().await.unwrap().runs[1].report.clone().unwrap();
        let of_run = crate::support::of(report, "raw_users").bytes;
        let written: u64 = raw_users("written").to_string().parse().unwrap();
        assert!(of_run > 0 && written > of_run, "the second run wrote {of_run}: {told}");
        for (outcome, count) in [("succeeded", "2"), ("failed", "1")] {
            let runs = value(&told, &format!("lendery_etl_runs_total{{outcome=\"{outcome}\"}}"));
            assert_eq!(runs.to_string(), count, "{outcome}: {told}");
        }
        let unknown = value(&told, "lendery_etl_unknown_columns{table=\"raw_users\"}");
        assert_eq!(unknown.to_string(), "1", "{told}");
        let began = house.warehouse.status().await.unwrap().runs[1].started_at.timestamp();
        let last_success = value(&told, "lendery_etl_last_success_seconds");
        assert_eq!(last_success.to_string(), began.to_string(), "the run that failed is none: {told}");
        let lasted = std::time::Duration::from_millis(report.duration_ms).as_secs_f64();
        assert_eq!(value(&told, "lendery_etl_last_duration_seconds").to_string(), lasted.to_string(), "{told}");
        service.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_warehouse_is_compared_after_a_run_and_when_asked_and_what_differs_is_counted() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.sources.add_user(1).await;
    house.sources.add_user(2).await;
    let service = Service::start(&house).await;
    let compared = async |number: usize| {
        let outcomes = async || {
            let status = service.admin().get("/api/v1/warehouse/runs").await.expect(200).json();
            status["reconciliations"].as_array().unwrap().clone()
        };
        wait_until("the comparison", DEADLINE, async || outcomes().await.len() == number).await;
        outcomes().await[0]["outcome"].as_str().unwrap().to_owned()
    };
    run(&house, &service).await;
    assert_eq!(compared(1).await, "equal", "nobody had compared it for a day");
    house.sources.run("DROP TRIGGER etl_delete_users").await;
    house.sources.run(&format!("DELETE FROM users WHERE id = {}", house.sources.id(2))).await;
    // Within the day a run is not followed by another comparison, so this one is the one that is asked for.
    run(&house, &service).await;
    let asked = service.admin().post("/api/v1/warehouse/reconciliations", &serde_json::json!({})).await.expect(202);
    assert_eq!(asked.header("location"), Some("/api/v1/warehouse/runs"));
    assert_eq!(compared(2).await, "different");
    let told = service.metrics().await;
    for outcome in ["equal", "different"] {
        let count = value(&told, &format!("lendery_etl_reconciliations_total{{outcome=\"{outcome}\"}}"));
        assert_eq!(count.to_string(), "1", "{outcome}: {told}");
    }
    assert_eq!(value(&told, "lendery_etl_differing_tables").to_string(), "1", "{told}");
    let last = house.warehouse.status().await.unwrap().reconciliations.into_iter().next().unwrap();
    assert_eq!(last.outcome, Compared::Different);
    assert_eq!(last.report.unwrap().tables[0].differences.len(), 1);
    service
        .client
        .with_token("member")
        .post("/api/v1/warehouse/reconciliations", &serde_json::json!({}))
        .await
        .expect(403);
    service.stop().await;
    // An alert of what is known outlasts the process.
    let again = Service::start(&house).await;
    wait_until("what was recorded", DEADLINE, async || {
        let told = again.metrics().await;
        let recalled = value(&told, "lendery_etl_differing_tables").to_string();
        recalled == "1" && value(&told, "lendery_etl_last_success_seconds") > 0.0
    })
    .await;
    again.stop().await;
}
