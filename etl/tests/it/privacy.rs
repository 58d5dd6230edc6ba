use serde_json::Value;
use test_kit::on_every_database;

use crate::readers::RAW;
use crate::source::{PLANTED, id};
use crate::support::House;

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
        for file in house.files() {
            let bytes = std::fs::read(&file).unwrap();
            let found = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!found(PLANTED) && !ids.iter().any(|id| found(id)), "{}", file.display());
        }
        // The files are compressed, so every value is read back as well.
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
async fn no_log_line_and_no_checkpoint_names_anybody() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.sources.add_user(1).await;
        let (ids, mut said) = ([1, 2].map(|number| id(number).to_string()), String::new());
        for commit in 1..=3 {
            house.sources.set_user(1, &format!("email = 'planted-secret-{commit}@example.org'"), commit).await;
            house.run().await;
        }
        // Which sums the logs up, as every twentieth commit does.
        house.warehouse.maintain().await.unwrap();
        let is_checkpoint = |file: &&std::path::PathBuf| file.to_string_lossy().contains(".checkpoint.");
        let checkpoints: Vec<_> = house.files().iter().filter(is_checkpoint).cloned().collect();
        assert!(!checkpoints.is_empty(), "maintenance makes checkpoints");
        for file in checkpoints {
            let bytes = std::fs::read(&file).unwrap();
            let found = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!found(PLANTED) && !ids.iter().any(|id| found(id)), "{}", file.display());
        }
        // A table that fits, and one that does not, which has more to say.
        house.sources.add_user(2).await;
        house.sources.run("ALTER TABLE items RENAME COLUMN approval TO consent").await;
        house.hands.advance(std::time::Duration::from_secs(60));
        let mut process = test_kit::process::Process::start(
            crate::faults::service(&house.config).env("LENDERY_ETL_LOG_FILTER", "trace"),
        );
        test_kit::wait_until("the process to say that a run failed", crate::support::DEADLINE, async || {
            process.stdout().contains("could not be brought up to date")
                || process.stderr().contains("could not be brought up to date")
        })
        .await;
        process.kill();
        said.push_str(&process.stdout());
        said.push_str(&process.stderr());
        assert!(said.contains("TRACE"), "everything that can be said is");
        assert!(!said.contains(PLANTED) && !ids.iter().any(|id| said.contains(id)), "{said}");
    })
    .await;
}

#[tokio::test]
async fn the_search_for_planted_text_finds_what_is_there() {
    let house = House::on_engine(test_kit::Engine::Sqlite).await;
    house.sources.add_category(10, PLANTED, None).await;
    house.run().await;
    let found = house.rows("SELECT * FROM raw_categories").await.into_iter().flatten().any(|value| value == PLANTED);
    assert!(found, "a category's slug is allowed, so it is found");
}
