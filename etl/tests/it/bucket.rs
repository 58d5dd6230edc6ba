//! The warehouse in a bucket instead of a folder, by the commands of the program, against what answers as the stores do.

mod soak {
    use super::{Imitation, the_same};

    #[tokio::test]
    #[ignore = "installs packages of Python: `cargo xtask soak`"]
    async fn a_warehouse_in_s3_is_one_in_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        the_same(&Imitation::s3(folder.path()).await).await;
    }

    #[tokio::test]
    #[ignore = "installs packages of Python: `cargo xtask soak`"]
    async fn a_warehouse_in_google_cloud_storage_is_one_in_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        the_same(&Imitation::google(folder.path()).await).await;
    }

    #[tokio::test]
    #[ignore = "installs packages of Node.js: `cargo xtask soak`"]
    async fn a_warehouse_in_azure_is_one_in_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        the_same(&Imitation::azure(folder.path()).await).await;
    }
}

use std::path::PathBuf;
use std::process::Output;
use std::thread;

use etl::Config;
use serde_json::{Value, json};
use test_kit::{TestDatabase, on_every_database};
use vocabulary::Secret;

use crate::faults::service;
use crate::stores::Imitation;
use crate::support::House;

/// How often two run at once.
const ROUNDS: u128 = 5;

async fn the_same(store: &Imitation) {
    on_every_database(async |database| {
        let house = House::on(database).await;
        let lake = Lake::of(&house, store);
        assert!(lake.refuses(&["query", "SELECT 1"]).contains("holds no batch yet"));
        house.sources.add_category(10, "tools", None).await;
        for number in 1..=30 {
            house.sources.add_user(number).await;
            house.sources.add_item(number, number, 10, 500).await;
        }
        lake.refuses_a_wrong_key();
        house.sources.settle().await;
        assert_eq!(lake.loads_users(), (json!("first_load"), json!(30)));
        house.sources.set_user(1, "status = 'erased'", 60).await;
        house.sources.settle().await;
        assert_eq!(lake.loads_users(), (json!("changes"), json!(1)));
        lake.told(&["maintain"]);
        assert_eq!(lake.count("SELECT count(*) AS n FROM dim_item WHERE owner_key <> '-1'"), json!(29));
        // What is read after its log was cut off begins with a checkpoint.
        house.sources.set_user(2, "role = 'operator'", 61).await;
        house.sources.settle().await;
        assert_eq!(lake.loads_users(), (json!("changes"), json!(1)));
        lake.told(&["reconcile"]);
        commits_at_once(&house, &lake).await;
    })
    .await;
}

/// Two that know nothing of each other, not even a lease: the bucket itself refuses the second of two equal commits.
async fn commits_at_once(house: &House, lake: &Lake<'_>) {
    let databases = [TestDatabase::on(house.sources.engine).await, TestDatabase::on(house.sources.engine).await];
    let both = databases.each_ref().map(|runs| {
        let config = Config { database_url: Secret::new(runs.url()), ..lake.config.clone() };
        let other = Lake { config, store: lake.store };
        // The first run of each finds out who was erased.
        other.told(&["run"]);
        other
    });
    let mut succeeded = 0;
    for round in 0..ROUNDS {
        house.sources.add_user(100 + round).await;
        house.sources.settle().await;
        let runs = thread::scope(|scope| {
            let [one, other] = both.each_ref().map(|lake| scope.spawn(|| lake.does(&["run"])));
            [one.join().unwrap(), other.join().unwrap()]
        });
        for run in runs {
            let said = String::from_utf8_lossy(&run.stderr);
            assert!(run.status.success() || said.contains("was changed by another writer meanwhile"), "{said}");
            succeeded += u128::from(run.status.success());
        }
    }
    assert!(succeeded >= ROUNDS, "of two at once one is first: {succeeded}");
    both[0].told(&["run"]);
    assert_eq!(lake.count("SELECT count(*) AS n FROM raw_users WHERE op = 'I'"), json!(5));
    assert_eq!(lake.count("SELECT count(DISTINCT id) AS n FROM raw_users WHERE op = 'I'"), json!(5));
}

/// A warehouse in a bucket, as operators reach it.
struct Lake<'a> {
    store: &'a Imitation,
    config: Config,
}

impl<'a> Lake<'a> {
    fn of(house: &House, store: &'a Imitation) -> Self {
        let config = Config {
            warehouse: PathBuf::from(format!("{}/{}/warehouse", store.address, house.sources.engine)),
            warehouse_options: Secret::new(store.options.clone()),
            ..house.config.clone()
        };
        Self { store, config }
    }

    fn does(&self, arguments: &[&str]) -> Output {
        service(&self.config).envs(self.store.variables.clone()).args(arguments).output().unwrap()
    }

    fn told(&self, arguments: &[&str]) -> String {
        let output = self.does(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && said.is_empty(), "{arguments:?}: {said}{told}");
        told
    }

    fn refuses(&self, arguments: &[&str]) -> String {
        let output = self.does(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    fn refuses_a_wrong_key(&self) {
        let Some(options) = &self.store.wrong_options else { return };
        let config = Config { warehouse_options: Secret::new(options.clone()), ..self.config.clone() };
        let said = Lake { config, store: self.store }.refuses(&["run"]);
        assert!(said.contains(self.store.address) && said.lines().count() == 1, "{said}");
        assert!(!said.contains(options.rsplit_once("key=").unwrap().1), "{said}");
    }

    /// How a run loaded the users, and how many.
    fn loads_users(&self) -> (Value, Value) {
        let report: Value = serde_json::from_str(&self.told(&["run", "--json"])).unwrap();
        let users = &report["tables"][0];
        assert_eq!(users["table"], "raw_users");
        (users["kind"].clone(), users["rows"].clone())
    }

    /// The `n` of the one row of an answer.
    fn count(&self, sql: &str) -> Value {
        let rows: Value = serde_json::from_str(&self.told(&["query", sql, "--format", "json"])).unwrap();
        rows[0]["n"].clone()
    }
}
