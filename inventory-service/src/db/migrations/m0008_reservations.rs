use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, integer, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid, uuid_null,
};
use service_kit::db::change_capture::{Column, Tracked, track};

/// The reservations of an item that are not over. A statement has to repeat the words of the condition to use it.
const ACTIVE: &str = "CREATE INDEX reservations_active ON reservations (item_id)
    WHERE state IN ('held', 'confirmed', 'checked_out');";

/// What is lent, when and in which state is the warehouse's to know; none of it says anything of a person.
const IMAGE: [Column; 4] =
    [Column::Plain("state"), Column::Plain("units"), Column::Plain("version"), Column::Plain("updated_at")];

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("reservations")
            .col(uuid("id").primary_key())
            .col(uuid_null("item_id"))
            .col(uuid_null("borrower_id"))
            .col(integer("units"))
            .col(timestamp_with_time_zone_null("starts_at"))
            .col(timestamp_with_time_zone_null("ends_at"))
            .col(text("state"))
            .col(timestamp_with_time_zone_null("expires_at"))
            .col(text_null("check_out_note"))
            .col(text_null("return_note"))
            .col(big_integer("version"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .check(Expr::cust("starts_at < ends_at"))
            .check(Expr::cust("(starts_at IS NULL) = (ends_at IS NULL)"))
            .check(Expr::cust("(state = 'held') = (expires_at IS NOT NULL)"))
            .foreign_key(ForeignKey::create().from("reservations", "item_id").to("items", "id"))
            .to_owned();
        manager.create_table(table).await?;
        manager.get_connection().execute_unprepared(ACTIVE).await?;
        track(manager, Tracked { table: "reservations", key: Column::Uuid("id"), image: &IMAGE }).await
    }
}
