use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer_null, integer, integer_null, text, text_null, timestamp_with_time_zone_null, uuid,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("order_steps")
            .col(uuid("order_id"))
            .col(integer("number"))
            .col(text("kind"))
            .col(integer_null("line"))
            .col(big_integer_null("amount_minor"))
            .col(text("state"))
            .col(integer("attempts"))
            .col(timestamp_with_time_zone_null("again_at"))
            .col(text_null("outcome"))
            .primary_key(Index::create().col("order_id").col("number"))
            .check(Expr::cust("state = 'stuck' OR (state = 'begun') = (again_at IS NOT NULL)"))
            .foreign_key(ForeignKey::create().from("order_steps", "order_id").to("orders", "id"))
            .to_owned();
        manager.create_table(table).await
    }
}
