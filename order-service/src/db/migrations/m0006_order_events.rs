use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, boolean, text, text_null, timestamp_with_time_zone, uuid};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("order_events")
            .col(uuid("order_id"))
            .col(big_integer("version"))
            .col(text("state"))
            .col(text_null("state_reason"))
            .col(boolean("settled"))
            .col(boolean("stuck"))
            .col(timestamp_with_time_zone("at"))
            .primary_key(Index::create().col("order_id").col("version"))
            .foreign_key(ForeignKey::create().from("order_events", "order_id").to("orders", "id"))
            .to_owned();
        manager.create_table(table).await
    }
}
