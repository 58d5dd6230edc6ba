//! The counts are what counting would find, whoever writes and adds up at the same time.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta};
use inventory_api::ItemStatus;
use sea_orm::{ColumnTrait, QueryFilter};
use service_kit::clock::Clock;
use service_kit::db::{DatabaseSettings, Db};
use test_kit::on_every_database;
use tokio::task::JoinSet;
use vocabulary::{Secret, UserId};

use super::*;
use crate::db::entity::item;
use crate::db::{Migrator, categories, items};
use crate::domain::category::{Categories, Category};
use crate::domain::content::ItemContent;
use crate::domain::item::Item;

const CATEGORIES: usize = 3;
const WRITERS: usize = 6;
const STEPS: usize = 12;

struct Inventory {
    db: Db,
    clock: Clock,
    categories: Categories,
}

impl Inventory {
    async fn open(url: &str) -> Self {
        let settings = DatabaseSettings { url: Secret::new(url), max_connections: 8 };
        let db = Db::open::<Migrator>(&settings).await.unwrap();
        let (clock, _hands) = Clock::manual(DateTime::UNIX_EPOCH + TimeDelta::days(20_000));
        let mut all = Categories::default();
        let tx = db.begin().await.unwrap();
        for number in 0..CATEGORIES {
            let slug: crate::domain::slug::Slug = format!("category-{number}").parse().unwrap();
            let category = Category { id: clock.new_id(), name: slug.to_string(), slug, parent_id: None, version: 1 };
            categories::insert(&tx, &category, clock.now()).await.unwrap();
            all.insert(category);
        }
        tx.commit().await.unwrap();
        Self { db, clock, categories: all }
    }

    fn content(&self, category: usize, status: ItemStatus) -> ItemContent {
        let category = format!("category-{}", category % CATEGORIES);
        let request = serde_json::json!({ "name": "Drill", "category": category, "status": status });
        ItemContent::parse(&serde_json::from_value(request).unwrap(), &self.categories).unwrap()
    }

    /// Offers two things at once, then changes the first as often as there are steps, and retires every third.
    async fn write(&self, writer: usize) {
        let new = |category| {
            let content = self.content(category, ItemStatus::Listed);
            Item::new(self.clock.new_id(), UserId::new(Uuid::nil()), content, self.clock.now())
        };
        let made = [new(writer), new(writer + 1)];
        let tx = self.db.begin().await.unwrap();
        items::insert(&tx, &made).await.unwrap();
        tx.commit().await.unwrap();
        let [mut item, _] = made;
        for step in 0..STEPS {
            let status = if (writer + step).is_multiple_of(4) { ItemStatus::Paused } else { ItemStatus::Listed };
            item = item.changed(self.content(writer + step * step, status), self.clock.now());
            self.save(&item).await;
        }
        if writer.is_multiple_of(3) {
            self.save(&item.retired(self.clock.now())).await;
        }
    }

    async fn save(&self, item: &Item) {
        let tx = self.db.begin().await.unwrap();
        assert!(items::update(&tx, item).await.unwrap());
        tx.commit().await.unwrap();
    }

    async fn gather(&self) {
        let tx = self.db.begin().await.unwrap();
        gather(&tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn counted(&self) -> HashMap<CategoryId, u64> {
        let rows = item::Entity::find().filter(item::Column::Status.eq(ItemStatus::Listed.as_str()));
        let mut counts = HashMap::new();
        for row in rows.all(self.db.read()).await.unwrap() {
            *counts.entry(CategoryId::new(row.category_id.unwrap())).or_default() += 1;
        }
        counts
    }
}

#[tokio::test]
async fn counts_stay_exact_while_many_write_and_some_add_up() {
    on_every_database(async |database| {
        let inventory = Arc::new(Inventory::open(database.url()).await);
        let mut work = JoinSet::new();
        for writer in 0..WRITERS {
            let inventory = Arc::clone(&inventory);
            work.spawn(async move { inventory.write(writer).await });
        }
        for _ in 0..2 {
            let inventory = Arc::clone(&inventory);
            work.spawn(async move {
                for _ in 0..STEPS {
                    inventory.gather().await;
                }
            });
        }
        work.join_all().await;
        let counted = inventory.counted().await;
        assert_eq!(counted.values().sum::<u64>(), 12 - 4, "of twelve two are retired and two paused: {counted:?}");
        let db = &inventory.db;
        assert_eq!(listed(db.read()).await.unwrap(), counted);
        inventory.gather().await;
        assert!(!are_scattered(db.read()).await.unwrap());
        assert_eq!(listed(db.read()).await.unwrap(), counted);

        without_trigger(db).await;
        inventory.write(1).await;
        assert_ne!(listed(db.read()).await.unwrap(), inventory.counted().await, "the check would notice");
    })
    .await;
}

async fn without_trigger(db: &Db) {
    let on_items = if db.backend() == sea_orm::DbBackend::Postgres { " ON items" } else { "" };
    let tx = db.begin().await.unwrap();
    tx.execute_unprepared(&format!("DROP TRIGGER category_counts_update{on_items}")).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn on_postgres_writers_of_a_category_do_not_wait_for_each_other() {
    on_every_database(async |database| {
        let inventory = Inventory::open(database.url()).await;
        if inventory.db.backend() != sea_orm::DbBackend::Postgres {
            return;
        }
        let new = |category| {
            let content = inventory.content(category, ItemStatus::Listed);
            Item::new(inventory.clock.new_id(), UserId::new(Uuid::nil()), content, inventory.clock.now())
        };
        let (first, second) = (inventory.db.begin().await.unwrap(), inventory.db.begin().await.unwrap());
        items::insert(&first, &[new(0), new(1)]).await.unwrap();
        items::insert(&second, &[new(1), new(0)]).await.unwrap();
        inventory.gather().await;
        second.commit().await.unwrap();
        first.commit().await.unwrap();
        assert_eq!(listed(inventory.db.read()).await.unwrap(), inventory.counted().await);
        assert!(are_scattered(inventory.db.read()).await.unwrap());
    })
    .await;
}
