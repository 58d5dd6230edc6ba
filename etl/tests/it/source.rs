//! The services' tables as the warehouse finds them, with the services' own triggers.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use sea_orm_migration::prelude::*;
use service_kit::db::change_capture::{Column, Tracked, install, track};
use service_kit::db::{DatabaseSettings, Db, Reader};
use test_kit::{Engine, TestDatabase};
use uuid::Uuid;
use vocabulary::Secret;

use crate::support::DEADLINE;

/// Text that must never reach the warehouse; every row of the sources is full of it.
pub(crate) const PLANTED: &str = "planted-secret";

/// Both sources in one database: the warehouse opens it twice.
pub(crate) struct Sources {
    pub(crate) engine: Engine,
    pub(crate) url: Secret,
    db: Reader,
    _database: TestDatabase,
}

impl Sources {
    pub(crate) async fn on(database: TestDatabase) -> Self {
        let url = Secret::new(database.url());
        let settings = DatabaseSettings { url: url.clone(), max_connections: 2 };
        let db = Db::open::<Migrations>(&settings).await.unwrap().read().clone();
        Self { engine: database.engine(), url, db, _database: database }
    }

    pub(crate) async fn run(&self, sql: &str) {
        self.db.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    /// Waits for the transactions that keep PostgreSQL's watermark below the last change: those of the other databases of
    /// the server count too, which are other tests' and the server's own.
    pub(crate) async fn settle(&self) {
        if self.engine == Engine::Sqlite {
            return;
        }
        let sql = "SELECT pg_snapshot_xmin(pg_current_snapshot()) > tx FROM etl_change ORDER BY tx DESC LIMIT 1";
        test_kit::wait_until("older transactions to end", DEADLINE, async || {
            let answer = self.db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap();
            answer.is_none_or(|row| row.try_get_by_index(0).unwrap())
        })
        .await;
    }

    /// An id as this engine writes it in a statement.
    pub(crate) fn id(&self, number: u128) -> String {
        let id = id(number);
        match self.engine {
            Engine::Sqlite => format!("x'{}'", id.simple()),
            Engine::Postgres => format!("'{id}'"),
        }
    }

    /// The statement that adds a user, last changed at this second of the test's day.
    pub(crate) fn user(&self, number: u128, second: u32) -> String {
        format!(
            "INSERT INTO users (id, email, display_name, password_hash, role, status, created_at, updated_at, version)
             VALUES ({}, '{PLANTED}-{number}@example.org', '{PLANTED} {number}', '$argon2id${PLANTED}', 'member', 'active',
             '{1}', '{1}', 1)",
            self.id(number),
            at(second)
        )
    }

    pub(crate) async fn add_user(&self, number: u128) {
        self.run(&self.user(number, 0)).await;
    }

    pub(crate) async fn set_user(&self, number: u128, set: &str, second: u32) {
        let (id, at) = (self.id(number), at(second));
        self.run(&format!("UPDATE users SET {set}, version = version + 1, updated_at = '{at}' WHERE id = {id}")).await;
    }

    pub(crate) async fn add_category(&self, number: u128, slug: &str, parent: Option<u128>) {
        let parent = parent.map_or("NULL".to_owned(), |parent| self.id(parent));
        self.run(&format!(
            "INSERT INTO categories (id, slug, name, parent_id, version, created_at, updated_at)
             VALUES ({}, '{slug}', 'The {slug}', {parent}, 1, '{1}', '{1}')",
            self.id(number),
            at(0)
        ))
        .await;
    }

    pub(crate) async fn add_item(&self, number: u128, owner: u128, category: u128, price: i64) {
        self.add_item_at(number, owner, category, price, 0).await;
    }

    /// Adds an item at this second of the test's day.
    pub(crate) async fn add_item_at(&self, number: u128, owner: u128, category: u128, price: i64, second: u32) {
        self.run(&format!(
            "INSERT INTO items (id, owner_id, external_id, name, description, category_id, condition, offer, units,
                daily_price_minor, currency, approval, pickup_label, status, version, created_at, updated_at)
             VALUES ({}, {}, '{PLANTED}', '{PLANTED} drill', '{PLANTED}', {}, 'good', 'lend', 1, {price}, 'EUR', 'manual',
             '{PLANTED} street', 'listed', 1, '{3}', '{3}')",
            self.id(number),
            self.id(owner),
            self.id(category),
            at(second)
        ))
        .await;
    }

    /// A reservation of one unit for the first ten seconds of the test's day.
    pub(crate) async fn add_reservation(&self, number: u128, item: u128, borrower: u128) {
        self.run(&format!(
            "INSERT INTO reservations (id, item_id, borrower_id, units, starts_at, ends_at, state, check_out_note,
                version, created_at, updated_at)
             VALUES ({}, {}, {}, 1, '{3}', '{4}', 'held', '{PLANTED}', 1, '{3}', '{3}')",
            self.id(number),
            self.id(item),
            self.id(borrower),
            at(0),
            at(10)
        ))
        .await;
    }

    pub(crate) async fn set_reservation(&self, number: u128, state: &str, second: u32) {
        let (id, at) = (self.id(number), at(second));
        self.run(&format!(
            "UPDATE reservations SET state = '{state}', version = version + 1, updated_at = '{at}' WHERE id = {id}"
        ))
        .await;
    }

    pub(crate) async fn set_item(&self, number: u128, set: &str, second: u32) {
        let (id, at) = (self.id(number), at(second));
        self.run(&format!("UPDATE items SET {set}, version = version + 1, updated_at = '{at}' WHERE id = {id}")).await;
    }
}

pub(crate) fn id(number: u128) -> Uuid {
    Uuid::from_u128((0x0190_0000_0000_7000_8000_u128 << 48) | number)
}

/// This second of the test's day, as sqlx writes it into SQLite.
pub(crate) fn at(second: u32) -> String {
    let day: DateTime<Utc> = "2026-03-01T00:00:00Z".parse().unwrap();
    (day + chrono::TimeDelta::seconds(second.into())).to_rfc3339()
}

/// The history that the services keep.
const IMAGES: [(&str, &[Column]); 4] = [
    ("users", &[Column::Plain("role"), Column::Plain("status"), Column::Plain("version"), Column::Plain("updated_at")]),
    ("categories", &[]),
    (
        "items",
        &[
            Column::Plain("status"),
            Column::Uuid("category_id"),
            Column::Plain("daily_price_minor"),
            Column::Plain("price_minor"),
            Column::Plain("version"),
            Column::Plain("updated_at"),
        ],
    ),
    (
        "reservations",
        &[Column::Plain("state"), Column::Plain("units"), Column::Plain("version"), Column::Plain("updated_at")],
    ),
];

pub(crate) struct Migrations;

#[async_trait::async_trait]
impl MigratorTrait for Migrations {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Everything)]
    }
}

struct Everything;

impl MigrationName for Everything {
    fn name(&self) -> &'static str {
        "m1_everything"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Everything {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(users()).await?;
        manager.create_table(categories()).await?;
        manager.create_table(items()).await?;
        manager.create_table(reservations()).await?;
        install(manager).await?;
        for (table, image) in IMAGES {
            track(manager, Tracked { table, key: Column::Uuid("id"), image }).await?;
        }
        crate::trade::create(manager).await
    }
}

pub(crate) fn table(name: &'static str) -> TableCreateStatement {
    let time = |name: &'static str| ColumnDef::new(name).timestamp_with_time_zone().not_null().take();
    Table::create()
        .table(name)
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(ColumnDef::new("version").big_integer().not_null())
        .col(time("created_at"))
        .col(time("updated_at"))
        .take()
}

pub(crate) fn texts(table: &mut TableCreateStatement, names: &[&'static str]) {
    for name in names {
        table.col(ColumnDef::new(*name).text());
    }
}

fn users() -> TableCreateStatement {
    let mut table = table("users");
    texts(&mut table, &["email", "password_hash", "display_name", "role", "status"]);
    table.col(ColumnDef::new("password_changed_at").timestamp_with_time_zone()).take()
}

fn categories() -> TableCreateStatement {
    let mut table = table("categories");
    texts(&mut table, &["slug", "name"]);
    table.col(ColumnDef::new("parent_id").uuid()).take()
}

fn reservations() -> TableCreateStatement {
    let mut table = table("reservations");
    texts(&mut table, &["state", "check_out_note", "return_note"]);
    for name in ["item_id", "borrower_id"] {
        table.col(ColumnDef::new(name).uuid());
    }
    for name in ["starts_at", "ends_at", "expires_at"] {
        table.col(ColumnDef::new(name).timestamp_with_time_zone());
    }
    table.col(ColumnDef::new("units").integer()).take()
}

fn items() -> TableCreateStatement {
    let mut table = table("items");
    texts(&mut table, &["external_id", "name", "description", "condition", "offer", "currency", "approval"]);
    texts(&mut table, &["pickup_label", "pickup_time_zone", "status"]);
    for name in ["owner_id", "category_id"] {
        table.col(ColumnDef::new(name).uuid());
    }
    for name in ["daily_price_minor", "deposit_minor", "price_minor"] {
        table.col(ColumnDef::new(name).big_integer());
    }
    for name in ["units", "max_loan_days", "stock"] {
        table.col(ColumnDef::new(name).integer());
    }
    table.col(ColumnDef::new("pickup_lat").double()).col(ColumnDef::new("pickup_lon").double()).take()
}
