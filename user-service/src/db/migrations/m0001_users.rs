use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, text_null, timestamp_with_time_zone, uuid};

pub(super) async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let users = Table::create()
        .table("users")
        .col(uuid("id").primary_key())
        // Null once the account is erased; nulls are not equal to each other.
        .col(text_null("email").unique_key())
        .col(text_null("password_hash"))
        .col(text("display_name"))
        // Both of them in lower case, for administrators who look for somebody; empty once erased.
        .col(text("search_text"))
        .col(text("role"))
        .col(text("status"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .col(big_integer("version"))
        .col(timestamp_with_time_zone("password_changed_at"))
        .to_owned();
    manager.create_table(users).await?;
    let by_role = Index::create().name("users_role").table("users").col("role").to_owned();
    manager.create_index(by_role).await
}
