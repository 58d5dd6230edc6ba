use sea_orm_migration::prelude::*;
use service_kit::db::change_capture::{Column, Tracked, install, track};

/// What an order costs and how far it has come is the warehouse's to know; none of it says anything of a person.
const ORDER_IMAGE: [Column; 5] = [
    Column::Plain("state"),
    Column::Plain("total_minor"),
    Column::Plain("deposit_minor"),
    Column::Plain("version"),
    Column::Plain("updated_at"),
];

const LINE_IMAGE: [Column; 1] = [Column::Plain("progress")];

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        install(manager).await?;
        track(manager, Tracked { table: "orders", key: Column::Uuid("id"), image: &ORDER_IMAGE }).await?;
        track(manager, Tracked { table: "order_lines", key: Column::Uuid("id"), image: &LINE_IMAGE }).await
    }
}
