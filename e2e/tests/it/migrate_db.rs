//! `lendery migrate-db`: cut short, refused, and gone on with.

use std::path::{Path, PathBuf};

use sea_orm::{ConnectionTrait, Database};
use test_kit::process::Process;
use test_kit::{Engine, TestDatabase, wait_until};

use crate::platform::{Platform, START, command, lendery};
use crate::programs::{finished, program, text};

#[tokio::test]
async fn a_move_that_is_killed_goes_on_and_no_service_starts_on_half_of_it() {
    let directory = tempfile::tempdir().unwrap();
    assert!(Platform::up_with(directory.path(), &["--demo"]).await.stop().await);
    let target = TestDatabase::on(Engine::Postgres).await;
    let from = embedded(directory.path(), "inventory");
    let mut slow = lendery(directory.path());
    // A transaction for each of many hundred rows, so that the kill comes between two of them.
    slow.args(["migrate-db", "--from", &from, "--to", target.url(), "--batch-rows", "1"]);
    let mut process = Process::start(&mut slow);
    wait_until("the first table to be there", START, async || process.stderr().contains("rows are there")).await;
    process.kill();
    assert!(process.stdout().is_empty(), "it was over: {}", process.stdout());

    let mut service = program("inventory-service");
    service.env("LENDERY_INVENTORY_DATABASE_URL", target.url());
    service.env("LENDERY_INVENTORY_PHOTOS", directory.path().join("photos"));
    service.env("LENDERY_INVENTORY_SERVICE_CREDENTIAL", "a-credential-for-this-test-only");
    service.env("LENDERY_INVENTORY_LISTEN", "127.0.0.1:0").env("LENDERY_INVENTORY_OPS_LISTEN", "127.0.0.1:0");
    let refused = finished(service).await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("run lendery migrate-db again"), "{}", text(&refused.stderr));

    let users = embedded(directory.path(), "users");
    refusal(directory.path(), &["--from", &users, "--to", target.url()], "part of another move").await;
    let file = directory.path().join("address");
    std::fs::write(&file, format!("{}\n", target.url())).unwrap();
    let again = ["migrate-db", "--from", &from, "--to-file", file.to_str().unwrap()];
    for word in ["is moved", "was moved before"] {
        let output = command(directory.path(), &again).await;
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(text(&output.stdout).contains(word), "{}", text(&output.stdout));
    }
}

#[tokio::test]
async fn what_cannot_be_moved_is_refused_in_one_sentence() {
    let directory = tempfile::tempdir().unwrap();
    let platform = Platform::up(directory.path()).await;
    let target = TestDatabase::on(Engine::Postgres).await;
    let from = embedded(directory.path(), "orders");
    let to = ["--to", target.url()];
    let refused = async |arguments: &[&str], words: &str| refusal(directory.path(), arguments, words).await;
    refused(&["--from", &from, to[0], to[1]], "in use by a running process").await;
    let folder = directory.path().display().to_string();
    refused(&["--to-folder", &folder], "in use by another lendery").await;
    assert!(platform.stop().await);

    refused(&["--to-folder", &folder], "users-database-url cannot be read").await;
    refused(&["--from", "sqlite:/nowhere.db", to[0], to[1]], "there is no database /nowhere.db").await;
    refused(&["--from", "orders.db", to[0], to[1]], "--from names an embedded database").await;
    let warehouse = embedded(directory.path(), "etl");
    if Path::new(warehouse.trim_start_matches("sqlite:")).exists() {
        refused(&["--from", &warehouse, to[0], to[1]], "the database of no service").await;
    }
    let damaged = directory.path().join("damaged.db");
    std::fs::write(&damaged, "no database at all ".repeat(99)).unwrap();
    refused(&["--from", &format!("sqlite:{}", damaged.display()), to[0], to[1]], "is no SQLite database").await;
    // Nobody listens there (tcpmux, RFC 1078).
    refused(&["--from", &from, "--to", "postgres://me:hidden@127.0.0.1:1/x"], "nobody answers at 127.0.0.1:1/x").await;
    refused(&["--from", &from, "--to", "mysql://me@127.0.0.1/x"], "not understood").await;
    let (front, place) = target.url().rsplit_once('@').unwrap();
    let user = front.rsplit_once("//").unwrap().1.split(':').next().unwrap();
    refused(
        &["--from", &from, "--to", &format!("postgres://{user}:wrong@{place}")],
        "refuses the user or the password",
    )
    .await;

    execute(&format!("{from}?mode=rw"), "INSERT INTO seaql_migrations VALUES ('m9999_later', 0)").await;
    refused(&["--from", &from, to[0], to[1]], "made by a newer Lendery (it has the migration m9999_later)").await;
    execute(target.url(), "CREATE TABLE stray (id integer); INSERT INTO stray VALUES (1)").await;
    refused(&["--from", &from, to[0], to[1]], "has rows already (stray)").await;
}

/// `lendery migrate-db` ends with 1 and one sentence.
async fn refusal(data_dir: &Path, arguments: &[&str], words: &str) {
    let output = command(data_dir, &[&["migrate-db"], arguments].concat()).await;
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with("error: ") && said.lines().count() == 1, "{said}");
    assert!(said.contains(words) && !said.contains("hidden"), "no {words:?} in {said}");
}

async fn execute(url: &str, sql: &str) {
    let connection = Database::connect(url).await.unwrap();
    connection.execute_unprepared(sql).await.unwrap();
    connection.close().await.unwrap();
}

fn embedded(data_dir: &Path, service: &str) -> String {
    let file: PathBuf = data_dir.join("databases").join(format!("{service}.db"));
    format!("sqlite:{}", file.display())
}
