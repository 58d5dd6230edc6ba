use chrono::{DateTime, TimeDelta};
use sea_orm::{ConnectionTrait, DbErr, Statement};
use sea_orm_migration::prelude::*;
use service_kit::db::change_capture::{Column, Tracked, install, track, trim};
use service_kit::db::{DatabaseSettings, Db, Reader};
use test_kit::{Engine, on_every_database};
use vocabulary::Secret;

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const OTHER_ID: &str = "01890a5d-ac96-774b-bcce-b302099a8058";

struct Migrations;

#[async_trait::async_trait]
impl MigratorTrait for Migrations {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Things)]
    }
}

struct Things;

impl MigrationName for Things {
    fn name(&self) -> &'static str {
        "m1_things"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Things {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let things = Table::create()
            .table("thing")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            .col(ColumnDef::new("price").integer().not_null())
            .col(ColumnDef::new("secret").text().not_null())
            .to_owned();
        manager.create_table(things).await?;
        install(manager).await?;
        let image = [Column::Plain("price"), Column::Uuid("id")];
        track(manager, Tracked { table: "thing", key: Column::Uuid("id"), image: &image }).await
    }
}

#[tokio::test]
async fn every_change_of_a_row_is_recorded_by_key_and_allowed_image() {
    on_every_database(async |database| {
        let db = open(database.url()).await;
        let id = literal(database.engine(), ID);
        let other = literal(database.engine(), OTHER_ID);
        run(&db, &format!("INSERT INTO thing VALUES ({id}, 1, 'hush')")).await;
        run(&db, &format!("UPDATE thing SET price = 2 WHERE id = {id}")).await;
        let upsert = "ON CONFLICT (id) DO UPDATE SET price = excluded.price";
        run(&db, &format!("INSERT INTO thing VALUES ({id}, 3, 'hush') {upsert}")).await;
        run(&db, &format!("UPDATE thing SET id = {other}")).await;
        run(&db, "DELETE FROM thing").await;

        let changes = changes(&db).await;
        let seen: Vec<_> = changes.iter().map(|(pk, op, _image)| (pk.as_str(), op.as_str())).collect();
        let wanted = [(ID, "I"), (ID, "U"), (ID, "U"), (ID, "D"), (OTHER_ID, "I"), (OTHER_ID, "D")];
        assert_eq!(seen, wanted);
        let prices: Vec<_> = changes.iter().map(|(_, _, image)| image.as_ref().map(|i| i["price"].clone())).collect();
        assert_eq!(prices[..3], [Some(1.into()), Some(2.into()), Some(3.into())]);
        assert_eq!(changes[0].2.as_ref().unwrap()["id"], ID);
        assert!(changes.iter().flat_map(|change| &change.2).all(|image| !image.to_string().contains("hush")));
    })
    .await;
}

#[tokio::test]
async fn replacing_a_row_records_its_deletion() {
    let database = test_kit::TestDatabase::on(Engine::Sqlite).await;
    let db = open(database.url()).await;
    let id = literal(Engine::Sqlite, ID);
    run(&db, &format!("INSERT INTO thing VALUES ({id}, 1, 'a')")).await;
    run(&db, &format!("INSERT OR REPLACE INTO thing VALUES ({id}, 2, 'b')")).await;
    let operations: Vec<_> = changes(&db).await.into_iter().map(|(_, op, _)| op).collect();
    assert_eq!(operations, ["I", "D", "I"]);
}

#[tokio::test]
async fn emptying_a_table_is_recorded() {
    let database = test_kit::TestDatabase::on(Engine::Postgres).await;
    let db = open(database.url()).await;
    run(&db, &format!("INSERT INTO thing VALUES ('{ID}', 1, 'a')")).await;
    run(&db, "TRUNCATE thing").await;
    let operations: Vec<_> = changes(&db).await.into_iter().map(|(_, op, _)| op).collect();
    assert_eq!(operations, ["I", "T"]);
}

#[tokio::test]
async fn old_changes_are_removed_once_a_day_and_the_newest_hundred_of_them_stay() {
    on_every_database(async |database| {
        let settings = DatabaseSettings { url: Secret::new(database.url()), max_connections: 2 };
        let db = Db::open::<Migrations>(&settings).await.unwrap();
        let id = literal(database.engine(), ID);
        run(db.read(), &format!("INSERT INTO thing VALUES ({id}, 1, 'a')")).await;
        let change = async |times| {
            for _ in 0..times {
                run(db.read(), "UPDATE thing SET price = price + 1").await;
            }
        };
        let day = async |number: i64| trim(&db, DateTime::UNIX_EPOCH + TimeDelta::days(number)).await.unwrap();
        change(59).await;
        assert_eq!(day(0).await, 0);
        change(60).await;
        assert_eq!(day(1).await, 0);
        assert_eq!(trim(&db, DateTime::UNIX_EPOCH + TimeDelta::hours(47)).await.unwrap(), 0, "the day is not over");
        assert_eq!(day(30).await, 0, "there are 60 before the first mark");
        assert_eq!(day(31).await, 0, "of 120 the newest 100 stay, and what is between them and the mark before");
        change(150).await;
        assert_eq!(day(32).await, 0);
        // Twice 60, with the mark below them, one after each, and one more.
        assert_eq!(day(90).await, 120 + 4);
        let told: String = changes(db.read()).await.into_iter().map(|(_, op, _)| op).collect();
        assert_eq!(told, format!("M{}MM", "U".repeat(150)));
        // A clock that is set back has no say in it for longer than a day.
        assert_eq!(day(10).await, 0);
        assert_eq!(changes(db.read()).await.iter().filter(|(_, op, _)| op == "M").count(), 4);
    })
    .await;
}

async fn open(url: &str) -> Reader {
    let settings = DatabaseSettings { url: Secret::new(url), max_connections: 2 };
    Db::open::<Migrations>(&settings).await.unwrap().read().clone()
}

fn literal(engine: Engine, id: &str) -> String {
    match engine {
        Engine::Sqlite => format!("x'{}'", id.replace('-', "")),
        Engine::Postgres => format!("'{id}'"),
    }
}

async fn run(db: &Reader, sql: &str) {
    db.execute_unprepared(sql).await.unwrap();
}

async fn changes(db: &Reader) -> Vec<(String, String, Option<serde_json::Value>)> {
    let sql = "SELECT pk, op, CAST(image AS text) AS image FROM etl_change ORDER BY seq";
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    let read = |row: &sea_orm::QueryResult| {
        let image: Option<String> = row.try_get_by("image").unwrap();
        let image = image.map(|text| serde_json::from_str(&text).unwrap());
        (row.try_get_by("pk").unwrap(), row.try_get_by("op").unwrap(), image)
    };
    rows.iter().map(read).collect()
}
