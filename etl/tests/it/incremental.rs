use etl::LoadKind;
use serde_json::{Value, json};
use test_kit::{Engine, on_every_database};

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

#[tokio::test]
async fn upserted_and_replaced_rows_are_changes() {
    on_every_database(async |database| {
        let house = House::on(database).await;
        house.sources.add_user(1).await;
        house.run().await;
        let upsert = format!("{} ON CONFLICT (id) DO UPDATE SET status = 'disabled'", house.sources.user(1, 60));
        house.sources.run(&upsert).await;
        let status = "SELECT status FROM dim_user WHERE is_current AND user_key <> '-1'";
        house.run_until(status, json!("disabled")).await;
        if house.sources.engine == Engine::Sqlite {
            house.sources.run(&house.sources.user(1, 120).replace("INSERT", "INSERT OR REPLACE")).await;
            house.run_until(status, json!("active")).await;
        }
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
