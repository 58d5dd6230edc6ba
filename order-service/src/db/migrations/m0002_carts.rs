use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{integer, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("cart_lines")
            .col(uuid("member_id"))
            .col(uuid("item_id"))
            .col(integer("units"))
            .col(timestamp_with_time_zone_null("starts_at"))
            .col(timestamp_with_time_zone_null("ends_at"))
            .col(timestamp_with_time_zone("created_at"))
            .primary_key(Index::create().col("member_id").col("item_id"))
            .check(Expr::cust("starts_at < ends_at"))
            .check(Expr::cust("(starts_at IS NULL) = (ends_at IS NULL)"))
            .to_owned();
        manager.create_table(table).await
    }
}
