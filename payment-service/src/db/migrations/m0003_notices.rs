use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{text, timestamp_with_time_zone};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("notices")
            .col(text("provider"))
            .col(text("id"))
            .col(timestamp_with_time_zone("received_at"))
            .primary_key(Index::create().col("provider").col("id"))
            .to_owned();
        manager.create_table(table).await
    }
}
