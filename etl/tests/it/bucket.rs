//! The warehouse in a bucket instead of a folder, against moto, which answers as S3 does.

mod soak {
    #[tokio::test]
    #[ignore = "installs packages of Python: `cargo xtask soak`"]
    async fn a_warehouse_in_a_bucket_is_one_in_a_folder() {
        let environment = tempfile::tempdir().unwrap();
        match crate::readers::environment(environment.path(), &["moto[s3,server]"]) {
            Ok(()) => super::the_same(environment.path()).await,
            Err(reason) => eprintln!("skipped: Python with moto cannot be set up here: {reason}"),
        }
    }
}

use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::Method;
use etl::{Config, EtlError, LoadKind, Warehouse};
use serde_json::json;
use test_kit::http::{Client, send};
use test_kit::process::{Process, command};
use test_kit::{TestDatabase, on_every_database, wait_until};
use vocabulary::Secret;

use crate::support::{DEADLINE, House, did};

/// A server that keeps buckets in memory; gone with this value.
struct Moto {
    url: String,
    _process: Process,
}

impl Moto {
    async fn start(environment: &Path) -> Self {
        let mut server = command(environment.join("bin/moto_server"));
        server.args(["-H", "127.0.0.1", "-p", "0"]);
        let process = Process::start(&mut server);
        let said = || process.stderr();
        wait_until("moto to listen", DEADLINE, async || said().contains("Running on http://")).await;
        let said = said();
        let (_, rest) = said.split_once("Running on ").unwrap();
        let url = rest.split_whitespace().next().unwrap().to_owned();
        send(Client::new(&url).request(Method::PUT, "/lake")).await.expect(200);
        Self { url, _process: process }
    }

    fn options(&self) -> String {
        format!(
            "aws_endpoint={} aws_allow_http=true aws_region=us-east-1 aws_access_key_id=id aws_secret_access_key=secret",
            self.url
        )
    }
}

async fn the_same(environment: &Path) {
    let moto = Moto::start(environment).await;
    on_every_database(async |database| {
        let house = House::on(database).await;
        let config = Config {
            warehouse: PathBuf::from(format!("s3://lake/{}/warehouse", house.sources.engine)),
            warehouse_options: Secret::new(moto.options()),
            ..house.config.clone()
        };
        let warehouse = Warehouse::open(&config, house.clock.clone()).await.unwrap();
        assert!(matches!(warehouse.query("SELECT 1").await, Err(EtlError::Empty)));
        house.sources.add_category(10, "tools", None).await;
        for number in 1..=30 {
            house.sources.add_user(number).await;
            house.sources.add_item(number, number, 10, 500).await;
        }
        house.sources.settle().await;
        let report = warehouse.run_once(&|_| {}).await.unwrap();
        assert_eq!(did(&report, "raw_users"), (LoadKind::FirstLoad, 30, 0));
        house.sources.set_user(1, "status = 'erased'", 60).await;
        house.sources.settle().await;
        let report = warehouse.run_once(&|_| {}).await.unwrap();
        assert_eq!(did(&report, "raw_users"), (LoadKind::Changes, 1, 0));
        warehouse.maintain().await.unwrap();
        let items = warehouse.query("SELECT count(*) FROM dim_item WHERE owner_key <> '-1'").await.unwrap();
        assert_eq!(items.rows, [[json!(29)]]);
        assert!(warehouse.reconcile(&|_| {}).await.unwrap().is_equal());
        commits_at_once(&house, &config).await;
    })
    .await;
}

/// Two that know nothing of each other, not even a lease: the bucket itself refuses the second of two equal commits.
async fn commits_at_once(house: &House, config: &Config) {
    let mut both = Vec::new();
    let mut databases = Vec::new();
    for _ in 0..2 {
        let runs = TestDatabase::on(house.sources.engine).await;
        let config = Config { database_url: Secret::new(runs.url()), ..config.clone() };
        both.push(Warehouse::open(&config, house.clock.clone()).await.unwrap());
        databases.push(runs);
    }
    // The first run of each finds out who was erased.
    for one in &both {
        house.hands.advance(Duration::from_secs(60));
        one.run_once(&|_| {}).await.unwrap();
    }
    for round in 0..5 {
        house.sources.add_user(100 + round).await;
        house.sources.settle().await;
        house.hands.advance(Duration::from_secs(60));
        let ended = futures_util::future::join_all(both.iter().map(|one| one.run_once(&|_| {}))).await;
        for run in ended {
            assert!(matches!(&run, Ok(_) | Err(EtlError::Conflict { .. })), "{run:?}");
        }
    }
    both[0].run_once(&|_| {}).await.unwrap();
    let twice = "SELECT count(*), count(DISTINCT id) FROM raw_users WHERE op = 'I'";
    assert_eq!(both[0].query(twice).await.unwrap().rows, [[json!(5), json!(5)]]);
}
