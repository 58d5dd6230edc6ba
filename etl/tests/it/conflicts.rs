//! Two that write into one warehouse and know nothing of each other, as instances whose clocks differ by more than a lease.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use etl::{Config, EtlError, Outcome, Progress, Warehouse};
use sea_orm::{ConnectionTrait, Database};
use serde_json::json;
use test_kit::{TestDatabase, on_every_database};
use tokio::runtime::Builder;
use vocabulary::Secret;

use crate::support::House;

/// A warehouse in the same folder whose runs are recorded elsewhere, so that it sees no lease.
struct Stranger {
    config: Config,
    _runs: TestDatabase,
}

impl Stranger {
    async fn of(house: &House) -> Self {
        let runs = TestDatabase::on(house.sources.engine).await;
        let config = Config { database_url: Secret::new(runs.url()), ..house.config.clone() };
        let stranger = Self { config, _runs: runs };
        // Its first run reads the members anew to find out who was erased.
        stranger.open(house).await.run_once(&|_| {}).await.unwrap();
        house.run().await;
        stranger
    }

    async fn open(&self, house: &House) -> Warehouse {
        Warehouse::open(&self.config, house.clock.clone()).await.unwrap()
    }

    /// A run of the house in which this one does something, and then runs, just before the rows of the users are committed.
    async fn meanwhile(&self, house: &House, statements: &[String]) -> Result<(), EtlError> {
        let is_first = AtomicBool::new(true);
        let progress = |progress| {
            let is_read = matches!(progress, Progress::Rows { table: "raw_users", .. });
            if is_read && is_first.swap(false, Ordering::Relaxed) {
                elsewhere(async {
                    for sql in statements {
                        execute(&house.sources.url, sql).await;
                    }
                    self.open(house).await.run_once(&|_| {}).await.unwrap();
                });
            }
        };
        let outcome = house.warehouse.run_once(&progress).await;
        assert!(!is_first.into_inner(), "the run read no user");
        outcome.map(drop)
    }
}

/// On a thread of its own, because whoever is told of progress cannot wait.
pub(crate) fn elsewhere(work: impl Future<Output = ()> + Send) {
    let work = || Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
    thread::scope(|scope| scope.spawn(work).join().unwrap());
}

pub(crate) async fn execute(url: &Secret, sql: &str) {
    let database = Database::connect(url.expose()).await.unwrap();
    database.execute_unprepared(sql).await.unwrap();
    database.close().await.unwrap();
}

/// Every change that was read after the first run is there, and once.
async fn once(house: &House, changes: u32) {
    for sql in
        ["SELECT count(*) FROM raw_users WHERE op = 'I'", "SELECT count(DISTINCT id) FROM raw_users WHERE op = 'I'"]
    {
        assert_eq!(house.value(sql).await, json!(changes), "{sql}");
    }
    let batches = "SELECT count(*) - count(DISTINCT concat(batch, ' ', position)) FROM etl_batch";
    assert_eq!(house.value(batches).await, json!(0), "a batch is there twice");
    house.equals_its_sources().await;
}

/// A run that has read the first user is refused as another writer runs meanwhile, who may add so many more before. Returns
/// where that was noticed.
async fn is_refused(house: &House, more: u128) -> &'static str {
    house.run().await;
    let stranger = Stranger::of(house).await;
    house.sources.add_user(1).await;
    house.sources.settle().await;
    let more: Vec<_> = (0..more).map(|number| house.sources.user(2 + number, 0)).collect();
    match stranger.meanwhile(house, &more).await {
        Err(EtlError::Conflict { table }) => table,
        outcome => panic!("{outcome:?}"),
    }
}

#[tokio::test]
async fn rows_that_another_writer_has_committed_are_not_committed_again() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        assert_eq!(is_refused(&house, 0).await, "raw_users");
        house.run().await;
        once(&house, 1).await;
    })
    .await;
}

#[tokio::test]
async fn a_commit_after_which_another_writer_has_read_on_is_refused() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        assert_eq!(is_refused(&house, 1).await, "raw_users");
        house.run().await;
        once(&house, 2).await;
    })
    .await;
}

#[tokio::test]
async fn a_run_whose_lease_was_taken_from_it_gives_up() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.run().await;
        let config = Config { lease_seconds: 1, ..house.config.clone() };
        let warehouse = Warehouse::open(&config, house.clock.clone()).await.unwrap();
        for number in 1..=3 {
            house.sources.add_user(number).await;
        }
        let progress = |_| {
            elsewhere(execute(&config.database_url, "UPDATE etl_lease SET holder = 'another'"));
            // By then the lease is to be renewed.
            thread::sleep(Duration::from_millis(500));
        };
        let outcome = warehouse.run_once(&progress).await;
        assert!(matches!(outcome, Err(EtlError::LeaseLost)), "{outcome:?}");
        assert_eq!(warehouse.status().await.unwrap().runs[0].outcome, Outcome::Failed);
        // The other one has it until its time is up.
        let outcome = warehouse.run_once(&|_| {}).await;
        assert!(matches!(&outcome, Err(EtlError::UnderWay { holder, .. }) if holder == "another"), "{outcome:?}");
        house.run().await;
        once(&house, 3).await;
    })
    .await;
}
