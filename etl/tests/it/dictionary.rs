use std::fmt::Write as _;

use etl::meaning;
use test_kit::Engine;

use crate::support::House;

const COLUMNS: &str = "SELECT table_name, column_name, data_type FROM information_schema.columns
    WHERE table_schema = 'public' AND split_part(table_name, '_', 1) IN ('dim', 'etl', 'fact', 'raw')
    ORDER BY table_name, ordinal_position";

/// The data dictionary, from what the warehouse itself says of its tables and views.
async fn dictionary(house: &House) -> String {
    let (mut text, mut last) = (String::new(), String::new());
    for row in house.rows(COLUMNS).await {
        let [table, column, kind] = [0, 1, 2].map(|cell| row[cell].as_str().unwrap().to_owned());
        let meant =
            |column: &str| meaning(&table, column).unwrap_or_else(|| panic!("what does {table}.{column} mean?"));
        if table != last {
            let rows = meant("");
            write!(text, "\n### {table}\n\n{rows}\n\n| column | type | meaning |\n|---|---|---|\n").unwrap();
            last.clone_from(&table);
        }
        writeln!(text, "| {column} | {kind} | {} |", meant(&column)).unwrap();
    }
    text
}

#[tokio::test]
async fn the_data_dictionary_says_what_there_is_and_what_it_means() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.run().await;
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/warehouse.md")).unwrap();
    let (_, written) = document.split_once("## Data dictionary\n").unwrap();
    let found = dictionary(&house).await;
    assert_eq!(written, found, "docs/warehouse.md ends with this:\n{found}");
}
