use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, binary, boolean, integer, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
    uuid, uuid_null,
};
use service_kit::db::change_capture::{Column, Tracked, install, track};

/// Where a payment stands, derived from its amounts; the same as `Payment::state`, for readers of the database.
const STATE: &str = "CASE
    WHEN failure_code IS NOT NULL THEN 'failed'
    WHEN in_doubt THEN 'unknown'
    WHEN captured_minor > 0 AND refunded_minor = captured_minor AND authorised_minor = captured_minor + released_minor
        THEN 'refunded'
    WHEN captured_minor > 0 THEN 'captured'
    WHEN authorised_minor > released_minor THEN 'authorised'
    WHEN authorised_minor > 0 OR called_off THEN 'voided'
    ELSE 'created' END";

/// What no sequence of rows in the ledger may lead to: less than nothing held, less than nothing taken.
const SUMS: &str = "authorised_minor >= 0 AND captured_minor >= 0 AND released_minor >= 0 AND refunded_minor >= 0
    AND captured_minor + released_minor <= authorised_minor AND refunded_minor <= captured_minor";

/// Amounts and states; of the payer not even the id.
const IMAGE: [Column; 7] = [
    Column::Plain("state"),
    Column::Plain("authorised_minor"),
    Column::Plain("captured_minor"),
    Column::Plain("released_minor"),
    Column::Plain("refunded_minor"),
    Column::Plain("version"),
    Column::Plain("updated_at"),
];

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(payments()).await?;
        manager.create_table(keys()).await?;
        manager.create_table(operations()).await?;
        let index = |name: &str, table: &str, column: &str| {
            Index::create().name(name.to_owned()).table(table.to_owned()).col(column.to_owned()).to_owned()
        };
        manager.create_index(index("payments_to_renew", "payments", "renew_at")).await?;
        manager.create_index(index("operations_to_ask", "operations", "ask_at")).await?;
        manager.create_index(index("payments_by_state", "payments", "state").col("id").to_owned()).await?;
        install(manager).await?;
        track(manager, Tracked { table: "payments", key: Column::Uuid("id"), image: &IMAGE }).await
    }
}

fn payments() -> TableCreateStatement {
    let sum = |name: &str| big_integer(name.to_owned()).default(0).take();
    Table::create()
        .table("payments")
        .col(uuid("id").primary_key())
        .col(uuid("order_id"))
        .col(text("step"))
        .col(uuid("payer_id"))
        .col(text("provider"))
        .col(big_integer("amount_minor"))
        .col(big_integer("deposit_minor"))
        .col(text("currency"))
        .col(binary("request_sha256"))
        .col(sum("authorised_minor"))
        .col(sum("captured_minor"))
        .col(sum("released_minor"))
        .col(sum("refunded_minor"))
        .col(boolean("in_doubt"))
        .col(boolean("called_off"))
        .col(text_null("failure_code"))
        .col(text_null("failure_detail"))
        .col(text_null("reference"))
        .col(text_null("action_url"))
        .col(timestamp_with_time_zone_null("renew_at"))
        .col(text("state").generated(Expr::cust(STATE), true))
        .col(big_integer("version"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .check(Expr::cust(SUMS))
        .check(Expr::cust("amount_minor >= 0 AND deposit_minor >= 0 AND amount_minor + deposit_minor > 0"))
        .check(Expr::cust("failure_code IS NULL OR authorised_minor = 0"))
        .to_owned()
}

fn keys() -> TableCreateStatement {
    Table::create()
        .table("payment_keys")
        .col(uuid("order_id"))
        .col(text("step"))
        .col(uuid_null("payment_id"))
        .primary_key(Index::create().col("order_id").col("step"))
        .foreign_key(ForeignKey::create().from("payment_keys", "payment_id").to("payments", "id"))
        .to_owned()
}

fn operations() -> TableCreateStatement {
    Table::create()
        .table("operations")
        .col(uuid("id").primary_key())
        .col(uuid("payment_id"))
        .col(text("kind"))
        .col(text("step"))
        .col(big_integer("amount_minor"))
        .col(text("state"))
        .col(text_null("failure"))
        .col(text_null("reference"))
        .col(integer("attempts"))
        .col(timestamp_with_time_zone_null("ask_at"))
        .col(timestamp_with_time_zone("created_at"))
        .check(Expr::cust("amount_minor >= 0"))
        .foreign_key(ForeignKey::create().from("operations", "payment_id").to("payments", "id"))
        .index(Index::create().unique().name("operations_key").col("payment_id").col("kind").col("step"))
        .to_owned()
}
