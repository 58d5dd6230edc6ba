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
async fn the_search_for_planted_text_finds_what_is_there() {
    let house = House::on_engine(test_kit::Engine::Sqlite).await;
    house.sources.add_category(10, PLANTED, None).await;
    house.run().await;
    let found = house.rows("SELECT * FROM raw_categories").await.into_iter().flatten().any(|value| value == PLANTED);
    assert!(found, "a category's slug is allowed, so it is found");
}
