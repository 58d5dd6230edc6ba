use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{binary, integer, timestamp_with_time_zone};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // There is one link at a time, so there is one row.
        let token = Table::create()
            .table("setup_token")
            .col(integer("id").primary_key().check(Expr::col("id").eq(1)))
            .col(binary("digest"))
            .col(timestamp_with_time_zone("created_at"))
            .to_owned();
        manager.create_table(token).await
    }
}
