//! Sources and buckets that stop answering: given up in time and by name, and what was read last stays readable.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use etl::{Compared, Config, EtlError, LoadKind, Outcome, Progress, Warehouse};
use serde_json::json;
use test_kit::process::Process;
use test_kit::{Engine, wait_until};
use tokio::io::{AsyncReadExt as _, copy};
use tokio::net::{TcpListener, TcpStream};
use vocabulary::Secret;

use crate::bulk::insert;
use crate::conflicts::{elsewhere, execute};
use crate::support::{DEADLINE, House, did};

/// More than the beginning of a conversation and one batch of rows, and less than all of them.
const ANSWERS: u64 = 1_500_000;

const USERS: u64 = 20_000;

/// More than a network holds of them on their way.
const MORE: u64 = 200_000;

/// The database of this URL through somebody who passes on so many bytes of its answers, and then holds the line in silence.
async fn stalling(url: &Secret, bytes: u64) -> Secret {
    let (account, rest) = url.expose().split_once('@').unwrap();
    let (host, database) = rest.split_once('/').unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let through = Secret::new(format!("{account}@{}/{database}", listener.local_addr().unwrap()));
    let host = host.to_owned();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(between(client, host.clone(), bytes));
        }
    });
    through
}

async fn between(client: TcpStream, host: String, bytes: u64) {
    let server = TcpStream::connect(host).await.unwrap();
    let ((from_client, mut to_client), (from_server, mut to_server)) = (client.into_split(), server.into_split());
    let (mut questions, mut answers) = (from_client, from_server.take(bytes));
    let asking = copy(&mut questions, &mut to_server);
    let answering = async {
        let copied = copy(&mut answers, &mut to_client).await;
        std::future::pending::<()>().await;
        copied
    };
    tokio::select! {
        _left = asking => {}
        _never = answering => {}
    }
}

#[tokio::test]
async fn a_source_that_stops_in_the_middle_of_its_rows_is_given_up_and_the_others_go_on() {
    let house = House::on_engine(Engine::Postgres).await;
    house.sources.add_category(10, "tools", None).await;
    house.run().await;
    house.sources.add_category(11, "drills", None).await;
    house
        .sources
        .run(&format!(
            "INSERT INTO users (id, role, status, created_at, updated_at, version)
         SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'member', 'active', now(), now(), 1
         FROM generate_series(1, {USERS}) AS numbers(n)"
        ))
        .await;
    house.sources.settle().await;
    let stalled = Config {
        users_database_url: stalling(&house.sources.url, ANSWERS).await,
        source_seconds: 1,
        ..house.config.clone()
    };
    let warehouse = Warehouse::open(&stalled, house.clock.clone()).await.unwrap();
    let read = Mutex::new(0);
    let progress = |progress| {
        if let Progress::Rows { table: "raw_users", rows } = progress {
            *read.lock().unwrap() = rows;
        }
    };
    let error = warehouse.run_once(&progress).await.unwrap_err();
    assert!(matches!(error, EtlError::Source { name: "users", .. }), "{error:?}");
    assert!(error.to_string().contains("it has not answered for 1 s"), "{error}");
    let read = *read.lock().unwrap();
    assert!((1..USERS).contains(&read), "{read} rows had been read");

    let last = house.warehouse.status().await.unwrap().runs.into_iter().next().unwrap();
    assert_eq!((last.outcome, last.error), (Outcome::Failed, Some(error.to_string())));
    let seen = "SELECT (SELECT count(*) FROM raw_users) AS users, (SELECT count(*) FROM raw_categories) AS categories";
    assert_eq!(house.rows(seen).await, [[json!(0), json!(2)]]);
    let error = warehouse.reconcile(&|_| {}).await.unwrap_err();
    assert!(matches!(error, EtlError::Source { name: "users", .. }), "{error:?}");
    let compared = house.warehouse.status().await.unwrap().reconciliations;
    assert_eq!(compared.first().map(|compared| compared.outcome), Some(Compared::Failed));

    // The clock stands still: a lease that was kept would not end.
    let report = house.warehouse.run_once(&|_| {}).await.unwrap();
    assert_eq!(did(&report, "raw_users"), (LoadKind::Changes, USERS, 0));
}

/// A house whose warehouse is in a bucket at an address.
pub(crate) fn in_a_bucket(house: &House, endpoint: &str) -> Config {
    let keys = "aws_allow_http=true aws_region=us-east-1 aws_access_key_id=id aws_secret_access_key=planted-key";
    Config {
        warehouse: PathBuf::from("s3://lake/warehouse"),
        warehouse_options: Secret::new(format!("aws_endpoint={endpoint} timeout=1s {keys}")),
        bucket_seconds: 1,
        ..house.config.clone()
    }
}

#[tokio::test]
async fn a_bucket_that_does_not_answer_is_given_up_by_name() {
    let house = House::on_engine(Engine::Sqlite).await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    for endpoint in ["http://127.0.0.1:1", &silent] {
        let config = in_a_bucket(&house, endpoint);
        let warehouse = Warehouse::open(&config, house.clock.clone()).await.unwrap();
        // Twice: a lease that was kept would not end, because the clock stands still.
        for _ in 0..2 {
            told(&warehouse.run_once(&|_| {}).await.unwrap_err());
        }
        let (compare, read) = (warehouse.reconcile(&|_| {}), warehouse.query("SELECT 1"));
        let (tidied, status, read, compared) = tokio::join!(warehouse.maintain(), warehouse.status(), read, compare);
        for error in [tidied.unwrap_err(), status.unwrap_err(), read.unwrap_err(), compared.unwrap_err()] {
            told(&error);
        }
    }
    let runs = house.warehouse.status().await.unwrap().runs;
    assert_eq!(runs.len(), 4);
    assert!(runs.iter().all(|run| run.outcome == Outcome::Failed), "{runs:?}");
}

fn told(error: &EtlError) {
    assert!(matches!(error, EtlError::Bucket { .. }), "{error:?}");
    let error = error.to_string();
    assert!(error.contains("s3://lake/warehouse") && error.contains("warehouse_options"), "{error}");
    assert!(!error.contains("planted-key"), "{error}");
}

#[tokio::test]
async fn the_schedule_goes_on_after_a_bucket_did_not_answer() {
    let house = House::on_engine(Engine::Sqlite).await;
    let config = in_a_bucket(&house, "http://127.0.0.1:1");
    let mut service = Process::start(&mut crate::faults::service(&config));
    wait_until("the second run to fail", DEADLINE, async || {
        let runs = house.warehouse.status().await.unwrap().runs;
        runs.iter().filter(|run| run.outcome == Outcome::Failed).count() > 1
    })
    .await;
    service.terminate(DEADLINE).await;
}

#[tokio::test]
async fn a_connection_that_is_cut_in_the_middle_of_its_rows_loses_and_doubles_nothing() {
    let house = House::on_engine(Engine::Postgres).await;
    house.run().await;
    house.sources.run(&insert(&house, MORE)).await;
    house.sources.settle().await;
    let is_first = AtomicBool::new(true);
    let progress = |progress| {
        if matches!(progress, Progress::Rows { table: "raw_users", .. }) && is_first.swap(false, Ordering::Relaxed) {
            let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                       WHERE application_name = 'lendery-etl' AND datname = current_database()";
            elsewhere(execute(&house.sources.url, cut));
        }
    };
    let error = house.warehouse.run_once(&progress).await.unwrap_err();
    assert!(matches!(error, EtlError::Source { name: "users", .. }), "{error:?}");
    assert_eq!(house.value("SELECT count(*) FROM raw_users").await, json!(0), "a part of them is nothing");
    assert_eq!(did(&house.run().await, "raw_users"), (LoadKind::Changes, MORE, 0));
    house.equals_its_sources().await;
}
