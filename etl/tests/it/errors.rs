use etl::{Config, EtlError, Outcome, Warehouse};
use serde_json::json;
use test_kit::{Engine, TestDatabase, on_every_database};
use vocabulary::Secret;

use crate::readers::RAW;
use crate::support::House;

#[tokio::test]
async fn a_wrong_query_is_answered_in_one_sentence() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.run().await;
    for sql in [
        "",
        "SELEC 1",
        "SELECT nothing FROM raw_users",
        "SELECT * FROM nowhere",
        "SELECT 1; SELECT 2",
        "DROP TABLE raw_users",
        "INSERT INTO raw_users SELECT * FROM raw_users",
        "CREATE EXTERNAL TABLE passwd STORED AS CSV LOCATION '/etc/passwd'",
        "COPY (SELECT 1) TO 'out.csv'",
        "SET datafusion.execution.target_partitions = 64",
        "SELECT * FROM '/etc/passwd'",
        // Of any length, whatever a query may hold.
        "SELECT repeat('x', 2000000000)",
        &format!("SELECT 1{}", " ".repeat(10_000)),
    ] {
        let error = house.warehouse.query(sql).await.expect_err(sql);
        assert!(matches!(error, EtlError::Query { .. }), "{sql}: {error:?}");
        for foreign in ["\n", "ParserError", "datafusion.public", "not implemented", "DDL"] {
            assert!(!error.to_string().contains(foreign), "{sql}: {error}");
        }
    }
}

#[tokio::test]
async fn an_answer_ends_where_it_is_too_long() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.run().await;
    // Nine thousand rows of as many letters.
    let long = "SELECT a.t || b.t || b.t || b.t || b.t || b.t || b.t FROM (SELECT replace('0123456789', '5', array_to_string(range(0, 500), '')) AS t)
        AS b, (SELECT CAST(value AS VARCHAR) AS t FROM (SELECT unnest(range(0, 9000)) AS value)) AS a";
    let answer = house.warehouse.query(long).await.unwrap();
    assert!(answer.truncated && answer.rows.len() < 9_000, "{} rows", answer.rows.len());
}

#[tokio::test]
async fn a_query_before_the_first_run_says_so() {
    let house = House::on_engine(Engine::Sqlite).await;
    assert!(matches!(house.warehouse.query("SELECT 1").await, Err(EtlError::Empty)));
    assert_eq!(house.warehouse.status().await.unwrap().batch, None);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() {
    let house = House::on_engine(Engine::Sqlite).await;
    let file = house.folder().join("file");
    std::fs::write(&file, "in the way").unwrap();
    for folder in [file.clone(), file.join("below"), house.folder().join("missing/parent")] {
        let config = Config { warehouse: folder.clone(), ..house.config.clone() };
        let warehouse = Warehouse::open(&config, house.clock.clone()).await.unwrap();
        let error = warehouse.run_once(&|_| {}).await.unwrap_err();
        assert!(matches!(error, EtlError::Folder { .. }), "{error:?}");
        assert!(error.to_string().contains(&folder.display().to_string()), "{error}");
    }
}

#[tokio::test]
async fn a_source_without_a_change_table_is_named_with_the_remedy() {
    on_every_database(async |database| {
        let empty = TestDatabase::on(database.engine()).await;
        // The file has to be there.
        let house = House::on(database).await;
        if let TestDatabase::Sqlite(file) = &empty {
            std::fs::write(file.path(), []).unwrap();
        }
        let config = Config { inventory_database_url: Secret::new(empty.url()), ..house.config.clone() };
        let warehouse = Warehouse::open(&config, house.clock.clone()).await.unwrap();
        let error = warehouse.run_once(&|_| {}).await.unwrap_err();
        assert!(matches!(error, EtlError::NoChangeTable { name: "inventory" }), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn a_source_that_does_not_answer_is_named_and_the_failure_recorded() {
    let house = House::on_engine(Engine::Sqlite).await;
    let missing = house.folder().join("missing.db");
    for url in [format!("sqlite:{}", missing.display()), "postgres://nobody@127.0.0.1:1/users".to_owned()] {
        let config = Config { users_database_url: Secret::new(url), ..house.config.clone() };
        let warehouse = Warehouse::open(&config, house.clock.clone()).await.unwrap();
        let error = warehouse.run_once(&|_| {}).await.unwrap_err();
        assert!(matches!(error, EtlError::Source { name: "users", .. }), "{error:?}");
        assert!(!missing.exists(), "a source is never created");
        let last = warehouse.status().await.unwrap().runs.into_iter().next().unwrap();
        assert_eq!((last.outcome, last.error), (Outcome::Failed, Some(error.to_string())));
    }
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_named() {
    let house = House::on_engine(Engine::Sqlite).await;
    let wrong = |change: fn(&mut Config)| {
        let mut config = house.config.clone();
        change(&mut config);
        config
    };
    for (config, name) in [
        (wrong(|config| config.users_database_url = Secret::new("mysql://host")), "users_database_url"),
        (wrong(|config| config.pseudonym_key = Secret::default()), "pseudonym_key"),
    ] {
        let error = Warehouse::open(&config, house.clock.clone()).await.unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[tokio::test]
async fn a_source_that_is_down_does_not_keep_the_other_one_away() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.sources.add_user(1).await;
    house.sources.add_category(10, "tools", None).await;
    let missing = Secret::new(format!("sqlite:{}", house.folder().join("missing.db").display()));
    let config = Config { users_database_url: missing.clone(), ..house.config.clone() };
    let half = Warehouse::open(&config, house.clock.clone()).await.unwrap();
    let error = half.run_once(&|_| {}).await.unwrap_err();
    assert!(matches!(error, EtlError::Source { name: "users", .. }), "{error:?}");
    let count = "SELECT (SELECT count(*) FROM raw_users) AS users, (SELECT count(*) FROM raw_categories) AS categories";
    assert_eq!(house.rows(count).await, [[json!(0), json!(1)]]);
    let last = house.warehouse.status().await.unwrap().runs.into_iter().next().unwrap();
    assert_eq!((last.outcome, last.report.unwrap().tables.len()), (Outcome::Failed, 7));

    house.run().await;
    assert_eq!(house.rows(count).await, [[json!(1), json!(1)]]);
    house.sources.add_category(11, "drills", None).await;
    half.run_once(&|_| {}).await.unwrap_err();
    assert_eq!(house.rows(count).await, [[json!(1), json!(2)]], "the users are as they were");

    let none = Config { inventory_database_url: missing, ..config };
    let none = Warehouse::open(&none, house.clock.clone()).await.unwrap();
    let error = none.run_once(&|_| {}).await.unwrap_err().to_string();
    assert!(error.contains("database of users") && error.contains("database of inventory"), "{error}");
    assert_eq!(house.rows(count).await, [[json!(1), json!(2)]]);
}

#[tokio::test]
async fn a_source_with_an_older_schema_is_told_so() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.sources.run("ALTER TABLE users RENAME COLUMN role TO part").await;
        let error = house.warehouse.run_once(&|_| {}).await.unwrap_err();
        assert!(matches!(error, EtlError::OldSchema { name: "users", .. }), "{error:?}");
        assert!(error.to_string().contains("role") && error.to_string().contains("migrations"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn another_pseudonym_key_is_refused_and_changes_nothing() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.sources.add_user(1).await;
        house.run().await;
        house.sources.set_user(1, "role = 'admin'", 60).await;
        let config = Config { pseudonym_key: Secret::new("another key of enough"), ..house.config.clone() };
        let error = Warehouse::open(&config, house.clock.clone()).await.unwrap_err();
        assert!(matches!(error, EtlError::OtherKey), "{error:?}");
        // The rows themselves tell it as well, should the database of runs be another one.
        let runs = TestDatabase::on(house.sources.engine).await;
        let config = Config { database_url: Secret::new(runs.url()), ..config };
        let other = Warehouse::open(&config, house.clock.clone()).await.unwrap();
        let refused = other.run_once(&|_| {}).await.unwrap_err();
        assert!(matches!(refused, EtlError::OtherKey), "{refused:?}");
        assert!(matches!(other.reconcile(&|_| {}).await, Err(EtlError::OtherKey)));
        house.run_until("SELECT count(*) FROM raw_users WHERE role = 'admin'", json!(1)).await;
        assert_eq!(house.value("SELECT count(DISTINCT id) FROM raw_users").await, json!(1));
    })
    .await;
}

#[tokio::test]
async fn the_database_of_a_service_is_none_for_runs() {
    let house = House::on_engine(Engine::Sqlite).await;
    let config = Config { database_url: house.config.users_database_url.clone(), ..house.config.clone() };
    let error = Warehouse::open(&config, house.clock.clone()).await.unwrap_err();
    assert!(matches!(error, EtlError::ForeignDatabase { name: "users" }), "{error:?}");
}

#[tokio::test]
async fn a_damaged_file_of_runs_is_named_with_the_remedy() {
    let house = House::on_engine(Engine::Sqlite).await;
    let path = house.folder().join("damaged.db");
    std::fs::write(&path, "this is no database, however long it may be".repeat(100)).unwrap();
    let database_url = Secret::new(format!("sqlite:{}", path.display()));
    let config = Config { database_url, ..house.config.clone() };
    let refusal = Warehouse::open(&config, house.clock.clone()).await.unwrap_err().to_string();
    assert!(refusal.contains("damaged.db") && refusal.contains("not a database"), "{refusal}");
    assert!(refusal.contains("move it away"), "{refusal}");
}

#[tokio::test]
async fn a_query_that_takes_too_long_is_given_up() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.run().await;
    let config = Config { query_seconds: 1, ..house.config.clone() };
    let hasty = Warehouse::open(&config, house.clock.clone()).await.unwrap();
    assert!(hasty.query("SELECT sum(value % 7) FROM generate_series(1, 100)").await.is_ok());
    for endless in [
        "SELECT sum(value % 7) FROM generate_series(1, 1000000000000)",
        "SELECT sum(a.value % b.value) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b",
        "SELECT count(*) FROM generate_series(1, 1000000) a JOIN generate_series(1, 1000000) b ON a.value <> b.value",
    ] {
        let error = hasty.query(endless).await.expect_err(endless);
        assert!(error.to_string().contains("query_seconds"), "{error}");
    }
}

#[tokio::test]
async fn a_query_that_is_too_large_for_memory_is_refused_and_the_next_one_answered() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.run().await;
    let large = "(SELECT array_to_string(range(0, 2500), '') || value AS text FROM generate_series(1, 100000))";
    let joined = format!("SELECT count(*) FROM {large} a JOIN {large} b ON a.text = b.text");
    let error = house.warehouse.query(&joined).await.unwrap_err();
    assert!(matches!(&error, EtlError::Query { reason } if reason.contains("more memory")), "{error:?}");
    assert_eq!(house.value("SELECT count(*) FROM raw_users").await, json!(0));
}

#[tokio::test]
async fn a_source_that_accepts_and_says_nothing_is_given_up() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.sources.add_category(10, "tools", None).await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://nobody@{}/users", silent.local_addr().unwrap());
    let config = Config { users_database_url: Secret::new(url), source_seconds: 1, ..house.config.clone() };
    let warehouse = Warehouse::open(&config, house.clock.clone()).await.unwrap();
    let error = warehouse.run_once(&|_| {}).await.unwrap_err();
    assert!(matches!(error, EtlError::Source { name: "users", .. }), "{error:?}");
    assert!(error.to_string().contains("check that users_database_url is right"), "{error}");
    assert_eq!(house.value("SELECT count(*) FROM raw_categories").await, json!(1), "the others were read");
}

#[tokio::test]
async fn the_batches_can_be_asked_for() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.run().await;
    let tables = house.rows("SELECT table_name FROM etl_batch WHERE batch = 1 ORDER BY position").await;
    let wanted = RAW.map(|table| [json!(table)]);
    assert_eq!(tables, wanted);
}
