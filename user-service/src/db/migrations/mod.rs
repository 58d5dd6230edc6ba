//! The schema, step by step. A step that is out in the world never changes.

mod m0001_users;
mod m0002_sessions;
mod m0003_signing_keys;
mod m0004_setup_token;
mod m0005_change_capture;

use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// All steps, in order.
pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_users::Migration),
            Box::new(m0002_sessions::Migration),
            Box::new(m0003_signing_keys::Migration),
            Box::new(m0004_setup_token::Migration),
            Box::new(m0005_change_capture::Migration),
        ]
    }
}
