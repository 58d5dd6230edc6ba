use sea_orm_migration::prelude::*;
use service_kit::db::change_capture::{Column, Tracked, install, track};

/// The history of these columns is kept whole; none of them says anything of a person.
const ITEM_IMAGE: [Column; 6] = [
    Column::Plain("status"),
    Column::Uuid("category_id"),
    Column::Plain("daily_price_minor"),
    Column::Plain("price_minor"),
    Column::Plain("version"),
    Column::Plain("updated_at"),
];

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        install(manager).await?;
        track(manager, Tracked { table: "categories", key: Column::Uuid("id"), image: &[] }).await?;
        track(manager, Tracked { table: "items", key: Column::Uuid("id"), image: &ITEM_IMAGE }).await
    }
}
