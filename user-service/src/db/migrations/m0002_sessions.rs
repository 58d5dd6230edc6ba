use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    binary, binary_null, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
};

pub(super) async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager.create_table(sessions()).await?;
    manager.create_table(refresh_tokens()).await?;
    for (name, table, columns) in [
        ("sessions_of_user", "sessions", ["user_id", "id"].as_slice()),
        ("sessions_expiry", "sessions", &["expires_at"]),
        ("sessions_end", "sessions", &["ended_at"]),
        ("refresh_tokens_of_session", "refresh_tokens", &["session_id"]),
    ] {
        let mut index = Index::create();
        index.name(name).table(table);
        for column in columns {
            index.col(*column);
        }
        manager.create_index(index).await?;
    }
    Ok(())
}

fn sessions() -> TableCreateStatement {
    Table::create()
        .table("sessions")
        .col(uuid("id").primary_key())
        .col(uuid("user_id"))
        .col(text_null("device"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("last_used_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .col(text_null("end_reason"))
        .foreign_key(ForeignKey::create().from("sessions", "user_id").to("users", "id"))
        .to_owned()
}

fn refresh_tokens() -> TableCreateStatement {
    Table::create()
        .table("refresh_tokens")
        .col(binary("digest").primary_key())
        .col(uuid("session_id"))
        .col(timestamp_with_time_zone("issued_at"))
        .col(timestamp_with_time_zone_null("used_at"))
        .col(binary_null("sealed_successor"))
        .foreign_key(
            ForeignKey::create()
                .from("refresh_tokens", "session_id")
                .to("sessions", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
