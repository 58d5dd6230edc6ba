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
            .table("item_photos")
            .col(uuid("id").primary_key())
            .col(uuid("item_id"))
            .col(integer("position"))
            .col(text("alt"))
            .col(integer("width"))
            .col(integer("height"))
            .foreign_key(
                ForeignKey::create()
                    .from("item_photos", "item_id")
                    .to("items", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(table).await?;
        let mut of_item = Index::create();
        of_item.name("item_photos_item").table("item_photos").col("item_id").col("position");
        manager.create_index(of_item).await
    }
}
