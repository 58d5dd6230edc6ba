//! What can happen to the folder of the warehouse: the last good state stays readable, and a run says what is wrong.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use etl::{Config, EtlError, LoadKind, Warehouse};
use serde_json::json;
use test_kit::Engine;

use crate::support::{House, did};

const USERS: &str = "SELECT count(*) FROM raw_users";

/// A file system of its own, as large as is asked for. Only root can make one.
struct Mounted(PathBuf);

impl Mounted {
    fn of_megabytes(path: &Path, size: u32) -> Option<Self> {
        std::fs::create_dir_all(path).unwrap();
        let options = format!("size={size}m");
        let path = path.to_owned();
        mount(&["-t", "tmpfs", "-o", &options, "tmpfs", path.to_str()?]).then_some(Self(path))
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        assert!(mount(&["-o", &options, self.0.to_str().unwrap()]), "{options}");
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _gone = Command::new("umount").args(["--lazy"]).arg(&self.0).status();
    }
}

fn mount(arguments: &[&str]) -> bool {
    Command::new("mount").args(arguments).output().is_ok_and(|output| output.status.success())
}

/// A house whose warehouse is on this file system.
async fn moved(house: &House, mounted: &Mounted) -> Warehouse {
    let config = Config { warehouse: mounted.0.join("warehouse"), ..house.config.clone() };
    Warehouse::open(&config, house.clock.clone()).await.unwrap()
}

async fn count(warehouse: &Warehouse) -> serde_json::Value {
    warehouse.query(USERS).await.unwrap().rows[0][0].clone()
}

#[tokio::test]
async fn a_full_disk_keeps_the_last_good_state_and_loses_nothing() {
    let house = House::on_engine(Engine::Sqlite).await;
    let Some(disk) = Mounted::of_megabytes(&house.folder().join("disk"), 2) else {
        eprintln!("skipped: this user may not mount a small file system");
        return;
    };
    let warehouse = moved(&house, &disk).await;
    house.sources.add_user(1).await;
    warehouse.run_once(&|_| {}).await.unwrap();
    let filler = disk.0.join("filler");
    // Everything but a few pages, so that a run can begin.
    let _full = std::fs::write(&filler, vec![1; 4 << 20]);
    std::fs::OpenOptions::new().write(true).open(&filler).unwrap().set_len((2 << 20) - (320 << 10)).unwrap();
    let mut user = 2;
    let error = loop {
        for _ in 0..200 {
            house.sources.add_user(user).await;
            user += 1;
        }
        if let Err(error) = warehouse.run_once(&|_| {}).await {
            break error;
        }
        assert!(user < 20_000, "the disk is never full");
    };
    assert!(matches!(error, EtlError::Folder { .. }), "{error:?}");
    assert!(error.to_string().contains("no storage space"), "{error}");
    let seen = count(&warehouse).await;
    assert!(seen.as_u64().unwrap() >= 1, "what was there is still told");
    std::fs::remove_file(&filler).unwrap();
    disk.remount("size=64m");
    warehouse.run_once(&|_| {}).await.unwrap();
    assert_eq!(count(&warehouse).await, json!(user - 1));
    assert!(warehouse.reconcile(&|_| {}).await.unwrap().is_equal());
}

#[tokio::test]
async fn a_folder_that_became_read_only_is_still_read() {
    let house = House::on_engine(Engine::Sqlite).await;
    let Some(disk) = Mounted::of_megabytes(&house.folder().join("disk"), 16) else {
        eprintln!("skipped: this user may not mount a small file system");
        return;
    };
    let warehouse = moved(&house, &disk).await;
    house.sources.add_user(1).await;
    warehouse.run_once(&|_| {}).await.unwrap();
    house.sources.add_user(2).await;
    disk.remount("ro");
    let error = warehouse.run_once(&|_| {}).await.unwrap_err();
    assert!(matches!(error, EtlError::Folder { .. }), "{error:?}");
    assert!(error.to_string().contains("is writable"), "{error}");
    assert_eq!(count(&warehouse).await, json!(1));
    disk.remount("rw");
    warehouse.run_once(&|_| {}).await.unwrap();
    assert_eq!(count(&warehouse).await, json!(2));
}

#[tokio::test]
async fn a_folder_without_permission_is_named() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.run().await;
    let folder = &house.config.warehouse;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(folder.join("root-writes-anywhere"), []).is_ok() {
        eprintln!("skipped: this user may write anywhere");
        return;
    }
    house.sources.add_user(1).await;
    let error = house.warehouse.run_once(&|_| {}).await.unwrap_err();
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(error, EtlError::Folder { .. }), "{error:?}");
}

#[tokio::test]
async fn a_folder_that_is_gone_is_filled_anew() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.sources.add_user(1).await;
    house.run().await;
    std::fs::remove_dir_all(&house.config.warehouse).unwrap();
    assert!(matches!(house.warehouse.query(USERS).await, Err(EtlError::Empty)));
    let report = house.run().await;
    assert_eq!(did(&report, "raw_users"), (LoadKind::FirstLoad, 1, 0));
    assert_eq!(house.value(USERS).await, json!(1));
}

/// The next version of a table's log.
fn next_commit(house: &House, table: &str) -> PathBuf {
    let log = house.config.warehouse.join(table).join("_delta_log");
    let commits = house.files().into_iter().filter(|file| file.starts_with(&log));
    let commits = commits.filter(|file| file.extension().is_some_and(|kind| kind == "json")).count();
    log.join(format!("{commits:020}.json"))
}

#[tokio::test]
async fn rows_that_are_damaged_stop_their_table_and_no_other() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.sources.add_user(1).await;
    house.sources.add_item(20, 1, 10, 500).await;
    house.run().await;
    let is_rows = |file: &PathBuf| file.starts_with(house.config.warehouse.join("raw_users")) && is_parquet(file);
    for file in house.files().into_iter().filter(is_rows) {
        let length = std::fs::metadata(&file).unwrap().len();
        std::fs::write(file, vec![b'x'; usize::try_from(length).unwrap()]).unwrap();
    }
    house.sources.add_item(21, 1, 10, 500).await;
    // What is gone is looked for in the rows there are.
    house.sources.run("INSERT INTO etl_change (tbl, pk, op) VALUES ('users', '', 'T')").await;
    house.hands.advance(std::time::Duration::from_secs(60));
    let error = house.warehouse.run_once(&|_| {}).await.unwrap_err();
    assert!(matches!(error, EtlError::Table { table: "raw_users", .. }), "{error:?}");
    assert_eq!(house.value("SELECT count(*) FROM raw_items").await, json!(2));
    // As the message says.
    std::fs::remove_dir_all(house.config.warehouse.join("raw_users")).unwrap();
    house.run().await;
    house.equals_its_sources().await;
}

#[tokio::test]
async fn a_file_in_the_place_of_a_table_stops_that_table_and_no_other() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.sources.add_user(1).await;
    house.run().await;
    let table = house.config.warehouse.join("raw_users");
    std::fs::remove_dir_all(&table).unwrap();
    std::fs::write(&table, "a file").unwrap();
    house.sources.add_item(20, 1, 10, 500).await;
    house.hands.advance(std::time::Duration::from_secs(60));
    let error = house.warehouse.run_once(&|_| {}).await.unwrap_err();
    assert!(matches!(error, EtlError::Table { table: "raw_users", .. }), "{error:?}");
    assert_eq!(house.value("SELECT count(*) FROM raw_items").await, json!(1), "the others go on");
    let error = house.warehouse.query(USERS).await.unwrap_err();
    assert!(error.to_string().contains("raw_users") && error.to_string().contains("move it away"), "{error}");
    // As the message says.
    std::fs::remove_file(&table).unwrap();
    house.run().await;
    house.equals_its_sources().await;
}

#[tokio::test]
async fn a_table_that_was_moved_away_is_compared_as_it_was_filled_anew() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.sources.add_user(1).await;
    house.run().await;
    house.sources.add_item(20, 1, 10, 500).await;
    std::fs::remove_dir_all(house.config.warehouse.join("raw_items")).unwrap();
    house.run().await;
    let compared = house.warehouse.reconcile(&|_| {}).await.unwrap();
    let items = compared.tables.iter().find(|table| table.table == "raw_items").unwrap();
    assert_eq!((items.source_rows, items.pending), (1, 0), "{items:?}");
}

fn is_parquet(file: &Path) -> bool {
    file.extension().is_some_and(|kind| kind == "parquet")
}

#[tokio::test]
async fn a_commit_that_is_half_written_is_told_and_what_was_before_is_read() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.sources.add_user(1).await;
    house.run().await;
    let half = next_commit(&house, "raw_users");
    std::fs::write(&half, "{\"add\":{\"path\":\"part-").unwrap();
    house.sources.add_user(2).await;
    let error = house.warehouse.run_once(&|_| {}).await.unwrap_err();
    assert!(matches!(error, EtlError::Table { table: "raw_users", .. }), "{error:?}");
    assert_eq!(house.value(USERS).await, json!(1), "readers pin the last batch");
    std::fs::remove_file(&half).unwrap();
    house.run().await;
    assert_eq!(house.value(USERS).await, json!(2));
}

/// As a power cut leaves it.
#[tokio::test]
async fn an_empty_commit_is_told_and_keeps_nobody_from_the_other_tables() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.sources.add_user(1).await;
    house.sources.add_category(10, "tools", None).await;
    house.run().await;
    let categories = "SELECT count(*) FROM raw_categories";
    let next = next_commit(&house, "raw_users");
    let last = next.with_file_name(format!("{:020}.json", 1));
    assert!(last.exists() && !next_commit(&house, "raw_users").exists());
    std::fs::write(&last, "").unwrap();
    house.sources.add_user(2).await;
    house.sources.add_category(11, "drills", None).await;
    let error = house.warehouse.run_once(&|_| {}).await.unwrap_err();
    assert!(matches!(error, EtlError::EmptyCommit { table: "raw_users", .. }), "{error:?}");
    assert_eq!(house.value(categories).await, json!(2), "the others go on");
    let error = house.warehouse.query(USERS).await.unwrap_err();
    assert!(matches!(error, EtlError::EmptyCommit { table: "raw_users", .. }), "{error:?}");
    std::fs::remove_dir_all(house.config.warehouse.join("raw_users")).unwrap();
    let error = house.warehouse.query(USERS).await.unwrap_err();
    assert!(matches!(error, EtlError::Missing { table: "raw_users" }), "{error:?}");
    assert_eq!(did(&house.run().await, "raw_users"), (LoadKind::FirstLoad, 2, 0));
    assert_eq!(house.value(USERS).await, json!(2));
}

#[tokio::test]
async fn what_another_program_put_into_the_folder_is_neither_read_nor_touched() {
    let house = House::on_engine(Engine::Sqlite).await;
    let theirs = house.config.warehouse.join("raw_users/part-00000-of-another.parquet");
    std::fs::create_dir_all(theirs.parent().unwrap()).unwrap();
    std::fs::write(&theirs, "not even Parquet").unwrap();
    std::fs::write(house.config.warehouse.join("notes.txt"), "of somebody").unwrap();
    house.sources.add_user(1).await;
    house.run().await;
    assert_eq!(house.value(USERS).await, json!(1));
    assert!(theirs.exists() && house.config.warehouse.join("notes.txt").exists());
}

#[tokio::test]
async fn a_table_that_another_program_has_written_to_is_refused_by_its_columns() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.run().await;
    // The table of categories in the place of that of users.
    let (users, categories) = (house.config.warehouse.join("raw_users"), house.config.warehouse.join("raw_categories"));
    std::fs::remove_dir_all(&users).unwrap();
    assert!(Command::new("cp").arg("-r").args([&categories, &users]).status().unwrap().success());
    house.sources.add_user(1).await;
    house.sources.add_category(10, "tools", None).await;
    let error = house.warehouse.run_once(&|_| {}).await.unwrap_err();
    assert!(matches!(error, EtlError::OtherColumns { table: "raw_users", .. }), "{error:?}");
    assert!(error.to_string().contains("move the folder of the table away"), "{error}");
    std::fs::remove_dir_all(&users).unwrap();
    let report = house.run().await;
    assert_eq!(did(&report, "raw_users").0, LoadKind::FirstLoad);
    assert_eq!(house.value("SELECT count(*) FROM raw_categories").await, json!(1));
}
