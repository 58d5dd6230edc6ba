use sea_orm_migration::prelude::*;
use service_kit::db::change_capture::{Column, Tracked, install, track};

/// The history of these columns is kept whole; none of them says who somebody is.
const USER_IMAGE: [Column; 4] =
    [Column::Plain("role"), Column::Plain("status"), Column::Plain("version"), Column::Plain("updated_at")];

pub(super) async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    install(manager).await?;
    track(manager, Tracked { table: "users", key: Column::Uuid("id"), image: &USER_IMAGE }).await
}
