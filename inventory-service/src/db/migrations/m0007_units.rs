use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, integer, text, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("units")
            .col(uuid("id").primary_key())
            .col(uuid("item_id"))
            .col(integer("position"))
            .col(text("label"))
            .col(text("condition"))
            .col(boolean("out_of_service"))
            .col(timestamp_with_time_zone_null("removed_at"))
            .col(big_integer("version"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .foreign_key(ForeignKey::create().from("units", "item_id").to("items", "id"))
            .to_owned();
        manager.create_table(table).await?;
        let mut of_item = Index::create();
        of_item.name("units_of_item").table("units").col("item_id").col("position").unique();
        manager.create_index(of_item).await
    }
}
