use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, boolean, text, timestamp_with_time_zone, timestamp_with_time_zone_null};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("test_bank")
            .col(text("key").primary_key())
            .col(text("hold"))
            .col(text("kind"))
            .col(big_integer("amount_minor"))
            .col(text("token"))
            .col(boolean("done"))
            .col(timestamp_with_time_zone_null("due_at"))
            .col(timestamp_with_time_zone("created_at"))
            .to_owned();
        manager.create_table(table).await?;
        let due = Index::create().name("test_bank_due").table("test_bank").col("due_at").to_owned();
        manager.create_index(due).await
    }
}
