use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{integer, text, uuid};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("item_tags")
            .col(uuid("item_id"))
            .col(integer("position"))
            .col(text("tag"))
            .primary_key(Index::create().col("item_id").col("position"))
            .foreign_key(
                ForeignKey::create()
                    .from("item_tags", "item_id")
                    .to("items", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(table).await?;
        let by_tag = Index::create().name("item_tags_tag").table("item_tags").col("tag").col("item_id").to_owned();
        manager.create_index(by_tag).await
    }
}
