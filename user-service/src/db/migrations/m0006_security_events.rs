use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{text, text_null, timestamp_with_time_zone, uuid, uuid_null};

pub(super) async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    // No references: what happened stays true when an account or a session is gone.
    let events = Table::create()
        .table("security_events")
        .col(uuid("id").primary_key())
        .col(timestamp_with_time_zone("at"))
        .col(text("kind"))
        .col(uuid_null("user_id"))
        .col(uuid_null("actor_id"))
        .col(uuid_null("session_id"))
        .col(text_null("address"))
        .col(text_null("note"))
        .to_owned();
    manager.create_table(events).await?;
    for (name, column) in [
        ("security_events_of_user", "user_id"),
        ("security_events_of_actor", "actor_id"),
        ("security_events_of_kind", "kind"),
    ] {
        let index = Index::create().name(name).table("security_events").col(column).col("id").to_owned();
        manager.create_index(index).await?;
    }
    let by_age = Index::create().name("security_events_age").table("security_events").col("at").to_owned();
    manager.create_index(by_age).await
}
