//! Programs of others read the same rows as there are in the sources.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::DateTime;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use test_kit::{Engine, on_every_database};
use uuid::Uuid;

use crate::support::House;

/// Every raw table.
pub(crate) const RAW: [&str; 8] = [
    "raw_users",
    "raw_categories",
    "raw_items",
    "raw_reservations",
    "raw_orders",
    "raw_order_lines",
    "raw_payments",
    "raw_ledger",
];

/// The columns that the services allow, table by table and the key first. They are said here once more, and not asked of the
/// program, so that one that it loses is missed.
const COLUMNS: [&str; 8] = [
    "id role status created_at updated_at version",
    "id slug name parent_id version created_at updated_at",
    "id owner_id category_id condition offer units daily_price_minor deposit_minor price_minor currency max_loan_days stock
     approval status version created_at updated_at",
    "id item_id borrower_id units starts_at ends_at state version created_at updated_at",
    "id borrower_id currency total_minor deposit_minor provider state version created_at updated_at",
    "id order_id item_id owner_id position units starts_at ends_at unit_price_minor amount_minor deposit_minor progress",
    "id order_id payer_id provider amount_minor deposit_minor currency authorised_minor captured_minor released_minor
     refunded_minor state version created_at updated_at",
    "entry payment_id from_account to_account amount_minor posted_at",
];

/// What changes in a row: its table, what its id is beyond the number, and the columns, `{v}` being a number and `{t}` a
/// moment that no other change has. The ledger is not among them, for the service refuses to change what it says.
const CHANGES: [(&str, u128, &str); 7] = [
    ("users", 0, "role = 'role {v}', status = 'status {v}', version = {v}, updated_at = '{t}'"),
    ("categories", 10_000, "slug = 'slug-{v}', name = 'Größe „{v}“ 👩‍🔧', version = {v}, updated_at = '{t}'"),
    (
        "items",
        0,
        "condition = '{v}', offer = 'offer {v}', units = {v}, daily_price_minor = {v}000000001, deposit_minor = -{v},
         price_minor = {v}, currency = 'C{v}', max_loan_days = {v}, stock = {v}, approval = 'approval {v}',
         status = 'status {v}', version = {v}, updated_at = '{t}'",
    ),
    ("reservations", 0, "units = {v}, starts_at = '{t}', ends_at = '{t}', state = '{v}', version = {v}, updated_at = '{t}'"),
    (
        "orders",
        0,
        "currency = 'C{v}', total_minor = {v}, deposit_minor = {v}, provider = '{v}', state = 'state {v}', version = {v},
         updated_at = '{t}'",
    ),
    (
        "order_lines",
        1_000,
        "position = {v}, units = {v}, starts_at = '{t}', ends_at = '{t}', unit_price_minor = {v}, amount_minor = {v},
         deposit_minor = {v}, progress = 'progress {v}'",
    ),
    (
        "payments",
        0,
        "provider = '{v}', amount_minor = {v}, deposit_minor = {v}, currency = 'C{v}', captured_minor = {v},
         released_minor = {v}, refunded_minor = {v}, state = 'state {v}', version = {v}, updated_at = '{t}'",
    ),
];

/// The key of the pseudonyms in a [`House`].
const KEY: &[u8] = b"a key of enough bytes";

/// For each table how many rows there are, and a sum over each column.
type Told = BTreeMap<String, BTreeMap<String, u64>>;

mod soak {
    #[tokio::test]
    #[ignore = "installs packages of Python: `cargo xtask soak`"]
    async fn deltalake_and_polars_agree_with_the_sources() {
        let environment = tempfile::tempdir().unwrap();
        super::environment(environment.path(), &["deltalake", "polars", "pyarrow"]).unwrap();
        super::agree(environment.path()).await;
    }

    #[tokio::test]
    #[ignore = "installs packages of Python: `cargo xtask soak`"]
    async fn what_is_documented_for_python_does_as_it_says() {
        let environment = tempfile::tempdir().unwrap();
        super::environment(environment.path(), &["datafusion", "deltalake", "polars", "pyarrow"]).unwrap();
        super::documented(environment.path()).await;
    }
}

#[tokio::test]
async fn what_is_documented_finds_what_is_there_now() {
    let house = House::on_engine(Engine::Sqlite).await;
    for item in 20..23 {
        house.sources.add_item(item, 1, 10, 500).await;
    }
    house.run().await;
    house.sources.set_item(20, "daily_price_minor = 700", 60).await;
    house.sources.run(&format!("DELETE FROM items WHERE id = {}", house.sources.id(21))).await;
    house.run().await;
    let document = document();
    let (_, section) = document.split_once("## With other programs\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let newest = "row_number() OVER (PARTITION BY id ORDER BY load DESC, change_seq DESC) AS age";
    let statements = section.split("\n\n").filter(|text| text.starts_with("    ") && text.contains(newest));
    let statements: Vec<_> = statements.collect();
    assert_eq!(statements.len(), 6, "one for all programs, and one for each that is asked in SQL");
    assert!(statements.iter().all(|statement| statement.contains("AS items WHERE age = 1 AND op <> 'D'")));
    let statement = statements[0].trim().trim_end_matches(';');
    let prices = house.rows(&format!("SELECT daily_price_minor FROM ({statement}) AS found ORDER BY 1")).await;
    assert_eq!(prices, [[json!(500)], [json!(700)]]);
}

fn document() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/warehouse.md")).unwrap()
}

/// The programs in Python that the document has, as they stand there but for where the warehouse is.
async fn documented(environment: &Path) {
    let house = House::on_engine(Engine::Sqlite).await;
    house.sources.add_user(1).await;
    for item in 20..23 {
        house.sources.add_item(item, 1, 10, 500).await;
        house.sources.add_reservation(item + 10, item, 1).await;
    }
    house.run().await;
    house.sources.set_item(20, "status = 'paused'", 60).await;
    house.sources.run(&format!("DELETE FROM items WHERE id = {}", house.sources.id(21))).await;
    house.sources.set_reservation(30, "confirmed", 60).await;
    house.run().await;
    // They name the folder of Lendery's source as whoever stands in it does.
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(env!("CARGO_MANIFEST_DIR"), folder.path().join("etl")).unwrap();
    let program = |begins: &str, and: &str| {
        let document = document();
        let lines: Vec<_> = document.lines().skip_while(|line| line.trim() != begins).collect();
        assert!(!lines.is_empty(), "{begins}");
        // To the end of what is indented.
        let lines = lines.iter().take_while(|line| line.is_empty() || line.starts_with("    "));
        let text: Vec<_> = lines.map(|line| line.strip_prefix("    ").unwrap_or_default()).collect();
        let text = text.join("\n").replace("/data/warehouse", house.config.warehouse.to_str().unwrap());
        let output = Command::new(environment.join("bin/python"))
            .args(["-c", &format!("{text}\n{and}\n")])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let polars = program("import polars as pl", "print(sorted(items.group_by('status').len().collect().rows()))");
    assert_eq!(polars.trim(), "[('listed', 1), ('paused', 1)]");
    let star = program(
        "from pathlib import Path",
        "print(sorted(session.table('fact_reservation').to_pydict()['state']), session.table('dim_item').count())",
    );
    assert_eq!(star.trim(), "['confirmed', 'held', 'held'] 5");
    assert!(folder.path().join("fact_reservation").exists(), "it is written");
}

/// A virtual environment of Python with these packages.
pub(crate) fn environment(environment: &Path, packages: &[&str]) -> Result<(), String> {
    let run = |program: &Path, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().map_err(|error| error.to_string())?;
        let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        if output.status.success() { Ok(()) } else { Err(reason) }
    };
    run(Path::new("python3"), &["-m", "venv", &environment.display().to_string()])?;
    run(&environment.join("bin/pip"), &[&["install", "--quiet"], packages].concat())
}

async fn agree(environment: &Path) {
    on_every_database(async |database| {
        let house = House::on(database).await;
        let source = Database::connect(house.sources.url.expose()).await.unwrap();
        let told = async || told_by(&source, house.sources.engine).await;
        insert(&house, 100..130, 1).await;
        house.run().await;
        insert(&house, 130..160, 2).await;
        change(&house, 110..140, 3).await;
        delete(&house, 120..125).await;
        let earlier = (house.run().await.batch, told().await);
        change(&house, 135..150, 4).await;
        delete(&house, 145..155).await;
        // Some come back as others, and two tables are read whole again, as after a restored backup.
        insert(&house, 120..123, 5).await;
        house.sources.run("INSERT INTO etl_change (tbl, pk, op) VALUES ('items', '', 'T'), ('ledger', '', 'T')").await;
        let last = (house.run().await.batch, told().await);
        for (batch, wanted) in [&earlier, &last] {
            for reader in ["deltalake", "polars"] {
                let found = told_to(environment, reader, &house.config.warehouse, *batch);
                for table in RAW {
                    assert_eq!(found[table], wanted[table], "{reader}, {table}, batch {batch}");
                }
            }
        }
        // Had the warehouse missed one row in its latest state, the sum of each column that had changed would be another.
        assert!(RAW.iter().all(|table| earlier.1[*table] != last.1[*table]));
        change(&house, 100..101, 6).await;
        let ahead = told().await;
        for (table, _, sets) in CHANGES {
            let (ahead, last) = (&ahead[&format!("raw_{table}")], &last.1[&format!("raw_{table}")]);
            let differ = ahead.keys().filter(|column| ahead[*column] != last[*column]);
            let mut changed: Vec<_> = sets.split(',').map(|set| set.trim().split(' ').next().unwrap()).collect();
            changed.sort_unstable();
            assert_eq!(differ.collect::<Vec<_>>(), changed, "{table}");
        }
    })
    .await;
}

/// Adds a row for each number to every table. In every third many columns stay empty.
async fn insert(house: &House, numbers: Range<u128>, round: u128) {
    for number in numbers {
        let (sources, category, empty) = (&house.sources, number + 10_000, number.is_multiple_of(3));
        sources.add_category(category, "slug", (!empty).then_some(category - 1)).await;
        sources.add_user(number).await;
        sources.add_item(number, number, category, 500).await;
        sources.add_reservation(number, number, number).await;
        sources.add_order(number, number).await;
        sources.add_payment(number, number, number).await;
        let entry = i64::try_from(round * 1_000 + number).unwrap();
        sources.transfer(number, entry, "payer", "held", entry).await;
        if !empty {
            change(house, number..number + 1, round).await;
        }
    }
}

async fn change(house: &House, numbers: Range<u128>, round: u128) {
    for number in numbers {
        let value = number * 10 + round;
        let moment = format!("2026-04-01T00:00:{:02}.{:06}+00:00", value % 60, value * 613);
        for (table, beyond, sets) in CHANGES {
            let sets = sets.replace("{v}", &value.to_string()).replace("{t}", &moment);
            let id = house.sources.id(number + beyond);
            house.sources.run(&format!("UPDATE {table} SET {sets} WHERE id = {id}")).await;
        }
    }
}

async fn delete(house: &House, numbers: Range<u128>) {
    for number in numbers {
        for (table, beyond, _) in CHANGES {
            house.sources.run(&format!("DELETE FROM {table} WHERE id = {}", house.sources.id(number + beyond))).await;
        }
    }
}

/// What the source says itself, of all there is.
async fn told_by(source: &DatabaseConnection, engine: Engine) -> Told {
    let mut told = Told::new();
    for (raw, columns) in RAW.into_iter().zip(COLUMNS) {
        let columns: Vec<_> = columns.split_whitespace().collect();
        let texts = columns.iter().map(|column| as_text(engine, column)).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT {texts} FROM {}", raw.trim_start_matches("raw_"));
        let rows = source.query_all_raw(Statement::from_string(source.get_database_backend(), sql)).await.unwrap();
        let of_table = told.entry(raw.to_owned()).or_default();
        of_table.insert("rows".to_owned(), u64::try_from(rows.len()).unwrap());
        for row in rows {
            let cells = columns.iter().enumerate().map(|(index, column)| {
                let text: Option<String> = row.try_get_by_index(index).unwrap();
                text.map_or("\0".to_owned(), |text| as_the_warehouse_says(column, text))
            });
            let cells: Vec<_> = cells.collect();
            for (column, cell) in columns.iter().zip(&cells) {
                let digest = Sha256::digest(format!("{}\u{1f}{cell}", cells[0]));
                let hash = u32::from_be_bytes(digest[..4].try_into().unwrap());
                *of_table.entry((*column).to_owned()).or_default() += u64::from(hash);
            }
        }
    }
    told
}

/// An expression for a column as text: of an id its hexadecimal digits, of a moment what RFC 3339 says.
fn as_text(engine: Engine, column: &str) -> String {
    match (engine, is_id(column), column.ends_with("_at")) {
        (Engine::Sqlite, true, _) => format!("CASE WHEN {column} IS NOT NULL THEN hex({column}) END"),
        (Engine::Postgres, _, true) => {
            format!("to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
        }
        _ => format!("CAST(\"{column}\" AS text)"),
    }
}

fn is_id(column: &str) -> bool {
    column == "id" || column.ends_with("_id")
}

/// What the warehouse promises to make of it: pseudonyms of ids, microseconds since 1970 of moments.
fn as_the_warehouse_says(column: &str, text: String) -> String {
    if is_id(column) {
        let id = Uuid::parse_str(&text).unwrap().hyphenated().to_string();
        BASE64_URL_SAFE_NO_PAD.encode(keyed_hash(id.as_bytes()))
    } else if column.ends_with("_at") {
        DateTime::parse_from_rfc3339(&text).unwrap().timestamp_micros().to_string()
    } else {
        text
    }
}

/// HMAC-SHA256 as RFC 2104 defines it, and not as the program has it.
fn keyed_hash(text: &[u8]) -> [u8; 32] {
    let padded = |pad: u8| {
        let mut block = [pad; 64];
        block.iter_mut().zip(KEY).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

/// What a program of others finds at the versions of a batch.
fn told_to(environment: &Path, reader: &str, warehouse: &Path, batch: i64) -> Told {
    let mut program = Command::new(environment.join("bin/python"))
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/readers.py"))
        .arg(warehouse)
        .args([reader, &batch.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let tables: BTreeMap<_, Vec<_>> =
        RAW.into_iter().zip(COLUMNS.map(|columns| columns.split_whitespace().collect())).collect();
    program.stdin.take().unwrap().write_all(json!(tables).to_string().as_bytes()).unwrap();
    let output = program.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}
