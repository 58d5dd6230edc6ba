use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{binary, text, timestamp_with_time_zone};

pub(super) async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let keys = Table::create()
        .table("signing_keys")
        .col(text("kid").primary_key())
        .col(binary("private_key"))
        .col(text("state"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("state_since"))
        .to_owned();
    manager.create_table(keys).await?;
    // Both databases have partial indexes; the query builder does not. Of instances that make a key at once, one succeeds.
    let one_of_each =
        "CREATE UNIQUE INDEX signing_keys_one ON signing_keys (state) WHERE state IN ('published', 'active')";
    manager.get_connection().execute_unprepared(one_of_each).await.map(drop)
}
