use etl::{Difference, LoadKind};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, SqliteConnection};
use test_kit::{Engine, on_every_database};

use crate::source::PLANTED;
use crate::support::{House, did};

#[tokio::test]
async fn the_first_load_equals_the_source() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        for user in 1..=3 {
            house.sources.add_user(user).await;
        }
        house.sources.add_category(10, "tools", None).await;
        house.sources.add_item(20, 1, 10, 500).await;
        let report = house.run().await;
        assert_eq!(did(&report, "raw_users"), (LoadKind::FirstLoad, 3, 0));
        assert_eq!(did(&report, "raw_items"), (LoadKind::FirstLoad, 1, 0));
        let sql = "SELECT op, role, status, version, created_at FROM raw_users";
        let user = [json!("S"), json!("member"), json!("active"), json!(1), json!("2026-03-01T00:00:00.000000Z")];
        assert_eq!(house.rows(sql).await, vec![user.to_vec(); 3]);
        let sql = "SELECT i.daily_price_minor, i.units, i.stock, c.name, i.currency FROM raw_items i
                   JOIN raw_categories c ON c.id = i.category_id JOIN raw_users u ON u.id = i.owner_id";
        let item = [json!(500), json!(1), Value::Null, json!("The tools"), json!("EUR")];
        assert_eq!(house.rows(sql).await, [item.to_vec()]);
    })
    .await;
}

#[tokio::test]
async fn a_further_run_reads_only_what_changed() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        for user in 1..=50 {
            house.sources.add_user(user).await;
        }
        house.run().await;
        house.sources.set_user(7, "role = 'admin'", 60).await;
        house.sources.add_user(51).await;
        let report = house.run().await;
        let (kind, rows, deleted) = did(&report, "raw_users");
        assert_eq!((kind, deleted), (LoadKind::Changes, 0));
        assert!((2..50).contains(&rows), "{rows} rows");
        house.run_until("SELECT count(DISTINCT id) FROM raw_users", json!(51)).await;
        assert_eq!(house.value("SELECT count(*) FROM dim_user WHERE role = 'admin'").await, json!(1));
    })
    .await;
}

#[tokio::test]
async fn nothing_is_written_when_nothing_changed() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.sources.add_user(1).await;
        house.run().await;
        house.run_until("SELECT count(*) FROM dim_user", json!(2)).await;
        let settled = house.run().await;
        let files = house.files();
        let report = house.run().await;
        assert_eq!(report.batch, settled.batch);
        assert!(report.tables.iter().all(|table| table.kind == LoadKind::Unchanged), "{report:?}");
        assert_eq!(house.files(), files);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_row_is_no_longer_current() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.sources.add_user(1).await;
        house.sources.add_user(2).await;
        house.run().await;
        let one = house.sources.id(1);
        house.sources.run(&format!("DELETE FROM users WHERE id = {one}")).await;
        let current = "SELECT count(*) FROM dim_user WHERE is_current AND user_key <> '-1'";
        house.run_until(current, json!(1)).await;
        assert_eq!(house.value("SELECT count(*) FROM raw_users WHERE op = 'D'").await, json!(1));
        house.sources.add_user(1).await;
        house.run_until(current, json!(2)).await;
    })
    .await;
}

/// As after an upgrade of a service that begins to keep images.
#[tokio::test]
async fn changes_with_an_image_and_without_one_are_told_together() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.run().await;
        for item in [20, 21] {
            house.sources.add_item(item, 1, 10, 500).await;
            house.sources.set_item(item, "daily_price_minor = 600", 1).await;
        }
        house.sources.run("UPDATE etl_change SET image = NULL WHERE tbl = 'items' AND op = 'U'").await;
        house.sources.set_item(20, "daily_price_minor = 700", 2).await;
        // Of the first, what came before the image that is there was left out; the second is as it is now.
        assert_eq!(did(&house.run().await, "raw_items"), (LoadKind::Changes, 4, 0));
        let prices = "SELECT daily_price_minor FROM dim_item WHERE item_key <> '-1' ORDER BY daily_price_minor";
        assert_eq!(house.rows(prices).await, [500, 500, 600, 700].map(|price| [json!(price)]));
        house.equals_its_sources().await;
    })
    .await;
}

#[tokio::test]
async fn upserted_rows_are_changes() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.sources.add_user(1).await;
        house.run().await;
        let upsert = format!("{} ON CONFLICT (id) DO UPDATE SET status = 'disabled'", house.sources.user(1, 60));
        house.sources.run(&upsert).await;
        let status = "SELECT status FROM dim_user WHERE is_current AND user_key <> '-1'";
        house.run_until(status, json!("disabled")).await;
    })
    .await;
}

/// What takes the place of a row by another key than its own removes that row without naming it.
#[tokio::test]
async fn rows_that_others_replace_are_deleted() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.sources.run("CREATE UNIQUE INDEX one_address ON users (email)").await;
    for user in 1..=3 {
        house.sources.add_user(user).await;
    }
    house.run().await;
    let address = |number: u128| format!("{PLANTED}-{number}@example.org");
    let replacing = house.sources.user(4, 60).replace(&address(4), &address(1)).replace("INSERT", "INSERT OR REPLACE");
    house.sources.run(&replacing).await;
    let (two, address) = (house.sources.id(2), address(3));
    house.sources.run(&format!("UPDATE OR REPLACE users SET email = '{address}' WHERE id = {two}")).await;
    assert_eq!(did(&house.run().await, "raw_users").2, 2, "the first and the third are gone");
    house.equals_its_sources().await;
    // Another program, which does not ask SQLite for triggers where one change follows from another.
    let mut other = SqliteConnection::connect(house.sources.url.expose()).await.unwrap();
    other.execute("PRAGMA recursive_triggers = off").await.unwrap();
    let replacing = house.sources.user(5, 90).replace(&format!("{PLANTED}-5@example.org"), &address);
    other.execute(AssertSqlSafe(replacing.replace("INSERT", "INSERT OR REPLACE"))).await.unwrap();
    assert_eq!(did(&house.run().await, "raw_users"), (LoadKind::Changes, 1, 0), "nobody has told of the second");
    let compared = house.warehouse.reconcile(&|_| {}).await.unwrap();
    let differences: Vec<_> = compared.tables[0].differences.iter().map(|found| found.what).collect();
    assert_eq!(differences, [Difference::Surplus], "but a comparison does");
}

#[tokio::test]
async fn rows_that_take_each_others_keys_are_what_they_were_made() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        for user in 1..=3 {
            house.sources.add_user(user).await;
        }
        house.sources.set_user(1, "role = 'first'", 1).await;
        house.sources.set_user(2, "role = 'second'", 2).await;
        house.run().await;
        let [one, two, three, four] = [1, 2, 3, 4].map(|number| house.sources.id(number));
        // Two change places over a third, which has moved on to where nobody was.
        for (from, to) in [(&three, &four), (&one, &three), (&two, &one), (&three, &two)] {
            house.sources.run(&format!("UPDATE users SET id = {to} WHERE id = {from}")).await;
        }
        house.run().await;
        house.equals_its_sources().await;
        let roles =
            "SELECT role, count(*) FROM dim_user WHERE is_current AND user_key <> '-1' GROUP BY role ORDER BY role";
        let once = |role: &str| vec![json!(role), json!(1)];
        assert_eq!(house.rows(roles).await, [once("first"), once("member"), once("second")]);
    })
    .await;
}

#[tokio::test]
async fn a_row_with_another_key_is_another_row() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.sources.add_user(1).await;
        house.run().await;
        let before = house.value("SELECT user_key FROM dim_user WHERE user_key <> '-1'").await;
        let (one, two) = (house.sources.id(1), house.sources.id(2));
        house.sources.run(&format!("UPDATE users SET id = {two} WHERE id = {one}")).await;
        let deleted = "SELECT count(*) FROM raw_users WHERE op = 'D'";
        house.run_until(deleted, json!(1)).await;
        let after = house.rows("SELECT user_key FROM dim_user WHERE is_current AND user_key <> '-1'").await;
        assert_eq!(after.len(), 1);
        assert_ne!(after[0][0], before);
    })
    .await;
}

#[tokio::test]
async fn a_truncated_table_is_read_again_and_what_is_gone_is_deleted() {
    let house = House::on_engine(Engine::Postgres).await;
    for user in 1..=3 {
        house.sources.add_user(user).await;
    }
    house.run().await;
    house.sources.run(&format!("TRUNCATE users; {}; {}", house.sources.user(3, 0), house.sources.user(4, 0))).await;
    let deleted = "SELECT count(*) FROM raw_users WHERE op = 'D'";
    house.run_until(deleted, json!(2)).await;
    let current = "SELECT count(*) FROM dim_user WHERE is_current AND user_key <> '-1'";
    assert_eq!(house.value(current).await, json!(2));
}

#[tokio::test]
async fn a_source_restored_from_an_older_backup_is_read_again() {
    let house = House::on_engine(Engine::Sqlite).await;
    for user in 1..=3 {
        house.sources.add_user(user).await;
    }
    house.run().await;
    house.sources.run("DELETE FROM users; DELETE FROM etl_change; DELETE FROM sqlite_sequence").await;
    house.sources.add_user(1).await;
    let report = house.run().await;
    assert_eq!(did(&report, "raw_users"), (LoadKind::Reload, 1, 2));
}

/// As a service that was stopped in the middle of a transaction.
#[tokio::test]
async fn a_writer_that_is_idle_in_its_transaction_holds_nobody_up_and_loses_nothing() {
    let house = House::on_engine(Engine::Sqlite).await;
    house.sources.add_user(1).await;
    let mut slow = SqliteConnection::connect(house.sources.url.expose()).await.unwrap();
    slow.execute("BEGIN IMMEDIATE").await.unwrap();
    slow.execute(AssertSqlSafe(house.sources.user(2, 10))).await.unwrap();
    assert_eq!(did(&house.run().await, "raw_users"), (LoadKind::FirstLoad, 1, 0));
    assert_eq!(did(&house.run().await, "raw_users").0, LoadKind::Unchanged);
    slow.execute("COMMIT").await.unwrap();
    assert_eq!(did(&house.run().await, "raw_users"), (LoadKind::Changes, 1, 0));
    house.equals_its_sources().await;
}
