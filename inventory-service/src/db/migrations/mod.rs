//! The schema, step by step. A step that is out in the world never changes.

mod m0001_idempotency;
mod m0002_categories;
mod m0003_items;
mod m0004_item_tags;
mod m0005_item_words;
mod m0006_change_capture;
mod m0007_units;
mod m0008_reservations;
mod m0009_bookings;
mod m0010_item_photos;
mod m0011_item_changes;
mod m0012_category_counts;
mod m0013_outbox;

use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// All steps, in order.
pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_idempotency::Migration),
            Box::new(m0002_categories::Migration),
            Box::new(m0003_items::Migration),
            Box::new(m0004_item_tags::Migration),
            Box::new(m0005_item_words::Migration),
            Box::new(m0006_change_capture::Migration),
            Box::new(m0007_units::Migration),
            Box::new(m0008_reservations::Migration),
            Box::new(m0009_bookings::Migration),
            Box::new(m0010_item_photos::Migration),
            Box::new(m0011_item_changes::Migration),
            Box::new(m0012_category_counts::Migration),
            Box::new(m0013_outbox::Migration),
        ]
    }
}
