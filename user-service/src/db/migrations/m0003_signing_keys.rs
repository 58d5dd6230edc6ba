use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{binary, text, timestamp_with_time_zone};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let keys = Table::create()
            .table("signing_keys")
            .col(text("kid").primary_key())
            .col(binary("private_key"))
            .col(text("state"))
            .col(timestamp_with_time_zone("created_at"))
            .to_owned();
        manager.create_table(keys).await?;
        // Both databases have partial indexes; the query builder does not. Of instances that start together one makes the key.
        let one_active = "CREATE UNIQUE INDEX signing_keys_one_active ON signing_keys (state) WHERE state = 'active'";
        manager.get_connection().execute_unprepared(one_active).await.map(drop)
    }
}
