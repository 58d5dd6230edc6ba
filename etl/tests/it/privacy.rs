//! What names a person or a place stays with the services.

use std::path::{Path, PathBuf};

use deltalake::parquet::file::reader::{FileReader as _, SerializedFileReader};
use serde_json::Value;
use test_kit::process::Process;
use test_kit::{Engine, on_every_database, wait_until};

use crate::faults::service;
use crate::readers::RAW;
use crate::source::{PLANTED, id};
use crate::support::{DEADLINE, House};

#[tokio::test]
async fn nothing_that_names_a_person_or_a_place_reaches_the_warehouse() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.sources.add_user(1).await;
        house.sources.add_category(10, "tools", None).await;
        house.sources.add_item(20, 1, 10, 500).await;
        house.sources.add_reservation(30, 20, 1).await;
        house.sources.add_order(40, 1).await;
        house.sources.add_payment(50, 40, 1).await;
        house.sources.transfer(50, 1, "payer", "held", 1300).await;
        house.run().await;
        house.sources.set_item(20, "name = 'planted-secret saw'", 60).await;
        house.sources.set_user(1, "email = 'planted-secret-2@example.org'", 60).await;
        house.run().await;

        let ids: Vec<_> = [1, 10, 20, 30, 40, 1_040, 50].map(|number| id(number).to_string()).into();
        assert_eq!(naming(&house, &ids), [""; 0]);
        // And so for those who ask in SQL.
        let mut values = 0;
        for table in RAW {
            for value in house.rows(&format!("SELECT * FROM {table}")).await.into_iter().flatten() {
                values += 1;
                let Value::String(text) = value else { continue };
                assert!(!text.contains(PLANTED) && !ids.contains(&text), "{table}: {text}");
            }
        }
        assert!(values > 50, "{values} values were looked at");
    })
    .await;
}

#[tokio::test]
async fn no_checkpoint_names_anybody() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.sources.add_user(1).await;
        for commit in 1..=3 {
            house.sources.set_user(1, &format!("email = 'planted-secret-{commit}@example.org'"), commit).await;
            house.run().await;
        }
        // Which sums the logs up, as every twentieth commit does.
        house.warehouse.maintain().await.unwrap();
        let is_checkpoint = |file: &PathBuf| file.to_string_lossy().contains(".checkpoint.");
        assert!(house.files().iter().any(is_checkpoint), "maintenance makes checkpoints");
        assert_eq!(naming(&house, &[id(1).to_string()]), [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn no_log_line_names_anybody() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        for number in 1..=2 {
            house.sources.add_user(number).await;
        }
        house.sources.add_category(10, "tools", None).await;
        house.sources.add_item(20, 1, 10, 500).await;
        house.sources.add_reservation(30, 20, 1).await;
        house.sources.add_order(40, 1).await;
        house.sources.add_payment(50, 40, 1).await;
        house.sources.transfer(50, 1, "payer", "held", 1300).await;
        house.sources.run(&format!("DELETE FROM users WHERE id = {}", house.sources.id(2))).await;
        let mut process = Process::start(service(&house.config).env("LENDERY_ETL_LOG_FILTER", "trace"));
        let says = async |what: &str| {
            let is_said = async || process.stdout().contains(what) || process.stderr().contains(what);
            wait_until(what, DEADLINE, is_said).await;
        };
        // It fills the warehouse, tidies it and compares it; then a table does not fit, which has more to say.
        says("the warehouse equals its sources").await;
        house.sources.set_user(1, "email = 'planted-secret-2@example.org'", 60).await;
        // Which may leave the service.
        house.sources.set_order(40, "planted-openly", 60).await;
        says("planted-openly").await;
        let misfit = match house.sources.engine {
            Engine::Sqlite => "UPDATE items SET stock = 'planted-secret'",
            Engine::Postgres => "ALTER TABLE items ALTER COLUMN stock TYPE text USING 'planted-secret'",
        };
        house.sources.run(misfit).await;
        house.sources.set_item(20, "name = 'planted-secret saw'", 60).await;
        says("could not be brought up to date").await;
        process.kill();
        let said = process.stdout() + &process.stderr();
        assert!(said.contains("TRACE"), "everything that can be said is");
        let named = |text: &str| said.lines().find(|line| line.contains(text));
        assert!(named("planted-openly").is_some(), "the search finds what is said");
        assert_eq!(named(PLANTED), None);
        for number in [1, 2, 10, 20, 30, 40, 1_040, 50] {
            assert_eq!(named(&id(number).to_string()), None);
            assert_eq!(named(&id(number).simple().to_string()), None);
        }
    })
    .await;
}

#[tokio::test]
async fn the_search_for_planted_text_finds_what_is_there() {
    let house = House::on_engine(Engine::Sqlite).await;
    // Long enough to be compressed with what it repeats.
    house.sources.add_category(10, &format!("{PLANTED}-").repeat(500), None).await;
    house.run().await;
    assert!(
        naming(&house, &[]).iter().any(|name| name.starts_with("raw_categories/")),
        "a slug is allowed, so it is found"
    );
}

/// The files of the warehouse that hold planted text or one of these ids.
fn naming(house: &House, ids: &[String]) -> Vec<String> {
    let names = |path: &PathBuf| {
        let text = text(path);
        text.contains(PLANTED) || ids.iter().any(|id| text.contains(id))
    };
    let files = house.files().into_iter().filter(names);
    files.map(|path| path.strip_prefix(&house.config.warehouse).unwrap().display().to_string()).collect()
}

/// What is in a file as it is, and of Parquet, which is compressed, every value as well.
fn text(path: &Path) -> String {
    let mut text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    if path.extension().is_some_and(|kind| kind == "parquet") {
        let reader = SerializedFileReader::try_from(path).unwrap();
        for row in reader.get_row_iter(None).unwrap() {
            text.push_str(&row.unwrap().to_string());
        }
    }
    text
}
