use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, text_null, timestamp_with_time_zone, uuid, uuid_null};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("item_changes")
            .col(uuid("id").primary_key())
            .col(uuid("item_id"))
            .col(big_integer("version"))
            .col(uuid_null("changed_by"))
            .col(text("kind"))
            .col(text_null("before"))
            .col(text("after"))
            .col(timestamp_with_time_zone("changed_at"))
            .foreign_key(ForeignKey::create().from("item_changes", "item_id").to("items", "id"))
            .to_owned();
        manager.create_table(table).await?;
        let mut of_item = Index::create();
        of_item.name("item_changes_item").table("item_changes").col("item_id").col("id");
        manager.create_index(of_item).await
    }
}
