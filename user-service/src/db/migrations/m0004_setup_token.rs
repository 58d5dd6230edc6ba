use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{binary, integer, timestamp_with_time_zone};

pub(super) async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    // There is one link at a time, so there is one row.
    let token = Table::create()
        .table("setup_token")
        .col(integer("id").primary_key().check(Expr::col("id").eq(1)))
        .col(binary("digest"))
        .col(timestamp_with_time_zone("created_at"))
        .to_owned();
    manager.create_table(token).await
}
