//! The schema, step by step. A step that is out in the world never changes.

mod m0001_payments;
mod m0002_ledger;
mod m0003_notices;
mod m0004_test_bank;
mod m0005_events;
mod m0006_idempotency;

use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// All steps, in order.
pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_payments::Migration),
            Box::new(m0002_ledger::Migration),
            Box::new(m0003_notices::Migration),
            Box::new(m0004_test_bank::Migration),
            Box::new(m0005_events::Migration),
            Box::new(m0006_idempotency::Migration),
        ]
    }
}
