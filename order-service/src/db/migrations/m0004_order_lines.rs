use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer, text, text_null, timestamp_with_time_zone_null, uuid};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("order_lines")
            .col(uuid("id").primary_key())
            .col(uuid("order_id"))
            .col(integer("position"))
            .col(uuid("item_id"))
            .col(text("name"))
            .col(uuid("owner_id"))
            .col(integer("units"))
            .col(timestamp_with_time_zone_null("starts_at"))
            .col(timestamp_with_time_zone_null("ends_at"))
            .col(big_integer("unit_price_minor"))
            .col(big_integer("amount_minor"))
            .col(big_integer("deposit_minor"))
            .col(text("progress"))
            .col(text_null("check_out_note"))
            .col(text_null("return_note"))
            .check(Expr::cust("units > 0 AND amount_minor >= 0 AND deposit_minor >= 0"))
            .check(Expr::cust("(starts_at IS NULL) = (ends_at IS NULL)"))
            .foreign_key(ForeignKey::create().from("order_lines", "order_id").to("orders", "id"))
            .to_owned();
        manager.create_table(table).await?;
        let mut of_order = Index::create();
        of_order.name("order_lines_of_order").table("order_lines").col("order_id").col("position").unique();
        manager.create_index(of_order).await?;
        let mut of_owner = Index::create();
        of_owner.name("order_lines_of_owner").table("order_lines").col("owner_id").col("order_id");
        manager.create_index(of_owner).await
    }
}
