use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, text_uniq, timestamp_with_time_zone, uuid, uuid_null};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("categories")
            .col(uuid("id").primary_key())
            .col(text_uniq("slug"))
            .col(text("name"))
            .col(uuid_null("parent_id"))
            .col(big_integer("version"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .foreign_key(ForeignKey::create().from("categories", "parent_id").to("categories", "id"))
            .to_owned();
        manager.create_table(table).await?;
        let children = Index::create().name("categories_parent").table("categories").col("parent_id").to_owned();
        manager.create_index(children).await
    }
}
