//! The edges of every type, from a source and back.

use etl::{Config, Warehouse};
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};
use test_kit::{Engine, TestDatabase, on_every_database};
use vocabulary::Secret;

use crate::readers::RAW;
use crate::support::House;

/// Text that programs trip over.
const TEXTS: [&str; 9] = [
    "",
    " ",
    "null",
    "\\N",
    "\u{1}\u{7f}\u{fffd}",
    "tab\tline\r\nquote\"'\\",
    "Grüße, 你好, שלום",
    "👩‍👩‍👧‍👦 \u{1F1E9}\u{1F1EA}",
    "e\u{301} is not \u{e9}",
];

const NUMBERS: [i64; 7] = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX];

/// Moments as a source and as the warehouse writes them, to the microsecond: before Unix, around it, a leap day, the end of a
/// year, and the last one with four digits.
const MOMENTS: [(&str, &str); 7] = [
    ("0001-01-01T00:00:00+00:00", "0001-01-01T00:00:00.000000Z"),
    ("1582-10-15T12:00:00.000001+00:00", "1582-10-15T12:00:00.000001Z"),
    ("1969-12-31T23:59:59.999999+00:00", "1969-12-31T23:59:59.999999Z"),
    ("1970-01-01T00:00:00+00:00", "1970-01-01T00:00:00.000000Z"),
    ("2024-02-29T23:59:59.123456+00:00", "2024-02-29T23:59:59.123456Z"),
    ("2026-03-01T01:30:00+02:00", "2026-02-28T23:30:00.000000Z"),
    ("9999-12-31T23:59:59.999999+00:00", "9999-12-31T23:59:59.999999Z"),
];

/// Adds an item whose columns of each kind hold this; `at` is its time.
async fn add(house: &House, number: u128, text: Option<&str>, integer: Option<i64>, at: &str) {
    let text = text.map_or("NULL".to_owned(), |text| match house.sources.engine {
        // Both as they are: neither database reads escapes in such literals.
        Engine::Sqlite | Engine::Postgres => format!("'{}'", text.replace('\'', "''")),
    });
    let integer = integer.map_or("NULL".to_owned(), |integer| match integer {
        // The literal of the smallest number would be the negation of one that is too large.
        i64::MIN => "(-9223372036854775807 - 1)".to_owned(),
        other => other.to_string(),
    });
    let id = house.sources.id(number);
    house
        .sources
        .run(&format!(
            "INSERT INTO items (id, owner_id, condition, daily_price_minor, deposit_minor, version, created_at, updated_at)
             VALUES ({id}, {id}, {text}, {integer}, {integer}, 1, '{at}', '{at}')"
        ))
        .await;
}

async fn add_all(house: &House, first: u128) {
    for (number, text) in (first..).zip(TEXTS) {
        add(house, number, Some(text), None, MOMENTS[3].0).await;
    }
    for (number, integer) in (first + 20..).zip(NUMBERS) {
        add(house, number, None, Some(integer), MOMENTS[3].0).await;
    }
    for (number, (moment, _)) in (first + 40..).zip(MOMENTS) {
        add(house, number, None, None, moment).await;
    }
}

async fn all_are_there(house: &House, op: &str, first: u128) {
    let column = async |columns: &str, wanted: &str| {
        house.rows(&format!("SELECT {columns} FROM raw_items WHERE op = '{op}' AND {wanted} ORDER BY 1")).await
    };
    let mut texts = TEXTS.map(|text| vec![json!(text)]).to_vec();
    texts.sort_by_key(|row| row[0].as_str().map(str::to_owned));
    assert_eq!(column("condition", "condition IS NOT NULL").await, texts, "from {first}");
    // One column is kept in the change's image, the other is not.
    let numbers = NUMBERS.map(|number| vec![json!(number), json!(number)]).to_vec();
    assert_eq!(column("daily_price_minor, deposit_minor", "daily_price_minor IS NOT NULL").await, numbers);
    let mut moments: Vec<Vec<Value>> = MOMENTS.map(|(_, told)| vec![json!(told), json!(told)]).to_vec();
    // Everything else was made at the one moment that is also among them.
    moments.dedup();
    assert_eq!(
        house
            .rows(&format!("SELECT DISTINCT created_at, updated_at FROM raw_items WHERE op = '{op}' ORDER BY 1"))
            .await,
        moments
    );
    let nothing = format!(
        "SELECT count(*) FROM raw_items WHERE op = '{op}' AND condition IS NULL AND daily_price_minor IS NULL
         AND currency IS NULL AND category_id IS NULL AND stock IS NULL"
    );
    assert_eq!(house.value(&nothing).await, json!(MOMENTS.len()));
}

#[tokio::test]
async fn every_value_that_a_source_can_hold_comes_back_as_it_was() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        // Read whole, and then as changes.
        add_all(&house, 100).await;
        house.run().await;
        all_are_there(&house, "S", 100).await;
        add_all(&house, 200).await;
        house.run().await;
        all_are_there(&house, "I", 200).await;
        assert!(house.warehouse.reconcile(&|_| {}).await.unwrap().is_equal());
    })
    .await;
}

#[tokio::test]
async fn the_smallest_and_the_largest_uuid_are_two_keys_and_no_key_is_none() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        let literal = |hex: &str| match house.sources.engine {
            Engine::Sqlite => format!("x'{}'", hex.repeat(16)),
            Engine::Postgres => format!("'{}'", uuid(hex)),
        };
        for (id, owner) in [(literal("00"), "NULL".to_owned()), (literal("ff"), literal("00"))] {
            let sql = format!(
                "INSERT INTO items (id, owner_id, version, created_at, updated_at)
                 VALUES ({id}, {owner}, 1, '2026-03-01T00:00:00+00:00', '2026-03-01T00:00:00+00:00')"
            );
            house.sources.run(&sql).await;
        }
        house.run().await;
        assert_eq!(house.value("SELECT count(DISTINCT id) FROM raw_items").await, json!(2));
        let owned = "SELECT count(*) FROM raw_items a JOIN raw_items b ON a.id = b.owner_id WHERE a.owner_id IS NULL";
        assert_eq!(house.value(owned).await, json!(1));
    })
    .await;
}

/// PostgreSQL copies the columns alone where nothing is ahead of a run, and otherwise joins them with what is.
#[tokio::test]
async fn the_same_rows_are_copied_whether_or_not_a_change_is_ahead() {
    let house = House::on(TestDatabase::alone(Engine::Postgres).await).await;
    add_all(&house, 100).await;
    house.sources.add_user(1).await;
    house.sources.add_category(10, "tools", None).await;
    house.sources.add_reservation(50, 100, 1).await;
    house.sources.add_order(60, 1).await;
    house.sources.add_payment(70, 60, 1).await;
    house.sources.transfer(70, 1, "payer", "held", 1300).await;
    house.run().await;

    let mut slow = PgConnection::connect(house.sources.url.expose()).await.unwrap();
    slow.execute("BEGIN; SELECT pg_current_xact_id()").await.unwrap();
    for raw in RAW {
        let key = if raw == "raw_ledger" { "entry" } else { "id" };
        house.sources.run(&format!("UPDATE {} SET {key} = {key}", raw.replace("raw_", ""))).await;
    }
    let runs = TestDatabase::on(Engine::Sqlite).await;
    let (database_url, warehouse) = (Secret::new(runs.url()), house.folder().join("another"));
    let config = Config { database_url, warehouse, ..house.config.clone() };
    let another = Warehouse::open(&config, house.clock.clone()).await.unwrap();
    another.run_once(&|_| {}).await.unwrap();
    for raw in RAW {
        let ahead = format!("SELECT min(change_seq) > 0, max(change_seq) > 0, count(*) > 0 FROM {raw}");
        assert_eq!(house.rows(&ahead).await, [[json!(false), json!(false), json!(true)]], "{raw}: alone");
        assert_eq!(
            another.query(&ahead).await.unwrap().rows,
            [[json!(true), json!(true), json!(true)]],
            "{raw}: joined"
        );
        let copied = format!("SELECT * EXCEPT (load, change_seq, watermark, loaded_at) FROM {raw} ORDER BY 2");
        assert_eq!(another.query(&copied).await.unwrap().rows, house.rows(&copied).await, "{raw}");
    }
}

fn uuid(byte: &str) -> String {
    [4, 2, 2, 2, 6].map(|bytes| byte.repeat(bytes)).join("-")
}
