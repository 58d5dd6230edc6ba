//! The schema, step by step. A step that is out in the world never changes.

mod m0001_users;
mod m0002_sessions;
mod m0003_signing_keys;
mod m0004_setup_token;
mod m0005_change_capture;
mod m0006_security_events;
mod m0007_password_resets;

use std::future::Future;
use std::pin::Pin;

use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

/// All steps, in order.
pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            step("m0001_users", |manager| Box::pin(m0001_users::up(manager))),
            step("m0002_sessions", |manager| Box::pin(m0002_sessions::up(manager))),
            step("m0003_signing_keys", |manager| Box::pin(m0003_signing_keys::up(manager))),
            step("m0004_setup_token", |manager| Box::pin(m0004_setup_token::up(manager))),
            step("m0005_change_capture", |manager| Box::pin(m0005_change_capture::up(manager))),
            step("m0006_security_events", |manager| Box::pin(m0006_security_events::up(manager))),
            step("m0007_password_resets", |manager| Box::pin(m0007_password_resets::up(manager))),
        ]
    }
}

/// A step that is taken as a whole or not at all.
struct Step {
    name: &'static str,
    up: Up,
}

type Up = for<'a> fn(&'a SchemaManager<'a>) -> Pin<Box<dyn Future<Output = Result<(), sea_orm::DbErr>> + Send + 'a>>;

fn step(name: &'static str, up: Up) -> Box<dyn MigrationTrait> {
    Box::new(Step { name, up })
}

impl MigrationName for Step {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), sea_orm::DbErr> {
        (self.up)(manager).await
    }
}
