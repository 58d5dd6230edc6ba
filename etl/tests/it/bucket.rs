//! The warehouse in a bucket instead of a folder, against what answers as object stores do.

mod soak {
    use super::{Imitation, the_same};

    #[tokio::test]
    #[ignore = "installs packages of Python: `cargo xtask soak`"]
    async fn a_warehouse_in_a_bucket_of_s3_is_one_in_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        the_same(Imitation::s3(folder.path()).await).await;
    }

    #[tokio::test]
    #[ignore = "installs packages of Python: `cargo xtask soak`"]
    async fn a_warehouse_in_a_bucket_of_google_is_one_in_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        the_same(Imitation::google(folder.path()).await).await;
    }

    #[tokio::test]
    #[ignore = "installs packages of Node: `cargo xtask soak`"]
    async fn a_warehouse_in_a_container_of_azure_is_one_in_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        the_same(Imitation::azure(folder.path()).await).await;
    }
}

use std::path::PathBuf;
use std::time::Duration;

use etl::{Config, EtlError, LoadKind, Warehouse};
use serde_json::json;
use test_kit::{TestDatabase, on_every_database};
use vocabulary::Secret;

use crate::stores::Imitation;
use crate::support::{House, did};

/// The configuration of a house whose warehouse is there.
fn in_bucket(house: &House, scheme: &str, bucket: &str, options: &str) -> Config {
    Config {
        warehouse: PathBuf::from(format!("{scheme}://{bucket}/{}/warehouse", house.sources.engine)),
        warehouse_options: Secret::new(options),
        ..house.config.clone()
    }
}

async fn the_same(store: Result<Imitation, String>) {
    let store = match store {
        Ok(store) => store,
        Err(reason) => return eprintln!("skipped: what imitates the store cannot be set up here: {reason}"),
    };
    on_every_database(async |database| {
        let house = House::on(database).await;
        what_is_not_there_is_named(&house, &store).await;
        let config = in_bucket(&house, store.scheme, "lake", &store.options);
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

/// A bucket that nobody has made, and a key that is wrong.
async fn what_is_not_there_is_named(house: &House, store: &Imitation) {
    let missing = in_bucket(house, store.scheme, "nobodys", &store.options);
    let wrong = store.wrong_options.as_ref().map(|options| in_bucket(house, store.scheme, "lake", options));
    for config in [Some(missing), wrong].into_iter().flatten() {
        let warehouse = Warehouse::open(&config, house.clock.clone()).await.unwrap();
        let error = warehouse.run_once(&|_| {}).await.unwrap_err();
        assert!(matches!(error, EtlError::Bucket { .. }), "{error:?}");
        assert!(error.to_string().contains(config.warehouse.to_str().unwrap()), "{error}");
        assert!(!error.to_string().contains('\n'), "one sentence: {error}");
        assert!(!error.to_string().contains(config.warehouse_options.expose()), "{error}");
    }
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
