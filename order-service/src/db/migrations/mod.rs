//! The schema, step by step. A step that is out in the world never changes.

mod m0001_idempotency;
mod m0002_carts;
mod m0003_orders;
mod m0004_order_lines;
mod m0005_order_steps;
mod m0006_order_events;
mod m0007_outbox;
mod m0008_change_capture;

use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// All steps, in order.
pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_idempotency::Migration),
            Box::new(m0002_carts::Migration),
            Box::new(m0003_orders::Migration),
            Box::new(m0004_order_lines::Migration),
            Box::new(m0005_order_steps::Migration),
            Box::new(m0006_order_events::Migration),
            Box::new(m0007_outbox::Migration),
            Box::new(m0008_change_capture::Migration),
        ]
    }
}
