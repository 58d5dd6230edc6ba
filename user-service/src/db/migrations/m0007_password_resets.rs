use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{binary, timestamp_with_time_zone, uuid};

pub(super) async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    // One link for each account at a time.
    let resets = Table::create()
        .table("password_resets")
        .col(uuid("user_id").primary_key())
        .col(binary("digest").unique_key())
        .col(timestamp_with_time_zone("expires_at"))
        .foreign_key(ForeignKey::create().from("password_resets", "user_id").to("users", "id"))
        .to_owned();
    manager.create_table(resets).await
}
