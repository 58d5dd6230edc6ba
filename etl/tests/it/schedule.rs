use std::time::Duration;

use etl::{Deps, Outcome};
use service_kit::ops::Ops;
use test_kit::{Engine, on_every_database, wait_until};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::support::{DEADLINE, House};

#[tokio::test]
async fn runs_that_were_missed_are_caught_up_by_one() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.run().await;
        // Twelve times the schedule's quarter of an hour.
        house.hands.advance(Duration::from_secs(3 * 60 * 60));
        let shutdown = CancellationToken::new();
        let ops = Ops::new("test", shutdown.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let deps = Deps { clock: house.clock.clone(), ops };
        let service = tokio::spawn(etl::run(house.config.clone(), deps, listener, shutdown.clone()));
        wait_until("the service to catch up", DEADLINE, async || {
            let runs = house.warehouse.status().await.unwrap().runs;
            runs.iter().filter(|run| run.outcome == Outcome::Succeeded).count() == 2
        })
        .await;
        shutdown.cancel();
        service.await.unwrap().unwrap();
        assert_eq!(house.warehouse.status().await.unwrap().runs.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_schedule_that_is_none_keeps_the_service_from_starting() {
    let house = House::on_engine(Engine::Sqlite).await;
    let shutdown = CancellationToken::new();
    let config = etl::Config { schedule: "now and then".to_owned(), ..house.config.clone() };
    let deps = Deps { clock: house.clock.clone(), ops: Ops::new("test", shutdown.clone()) };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = etl::run(config, deps, listener, shutdown).await.unwrap_err();
    assert!(error.to_string().contains("`now and then`"), "{error}");
}
