use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid, uuid_null,
};
use sea_orm_migration::sea_orm::DbBackend;

/// What workers and administrators look for is little, however many orders there were: a statement has to repeat the words
/// of the condition to use the index.
const RULES: &str = "
    CREATE INDEX orders_due ON orders (due_at) WHERE due_at IS NOT NULL;
    CREATE INDEX orders_stuck ON orders (id) WHERE stuck;
    CREATE INDEX orders_of_borrower ON orders (borrower_id, id);
    CREATE INDEX orders_by_state ON orders (state, id);";

fn orders() -> TableCreateStatement {
    Table::create()
        .table("orders")
        .col(uuid("id").primary_key())
        .col(big_integer("number").unique_key())
        .col(uuid("borrower_id"))
        .col(text("currency"))
        .col(big_integer("total_minor"))
        .col(big_integer("deposit_minor"))
        .col(text_null("provider"))
        .col(uuid_null("payment_id"))
        .col(text_null("payment_token"))
        .col(text("state"))
        .col(text_null("state_reason"))
        .col(boolean("stuck"))
        .col(timestamp_with_time_zone_null("deadline"))
        .col(timestamp_with_time_zone_null("due_at"))
        .col(timestamp_with_time_zone_null("leased_until"))
        .col(uuid_null("leased_by"))
        .col(big_integer("version"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .check(Expr::cust("total_minor >= 0 AND deposit_minor >= 0"))
        .check(Expr::cust("(leased_until IS NULL) = (leased_by IS NULL)"))
        .to_owned()
}

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(orders()).await?;
        let numbers = match manager.get_database_backend() {
            DbBackend::Postgres => "CREATE SEQUENCE order_numbers",
            _ => {
                "CREATE TABLE order_numbers (id integer PRIMARY KEY CHECK (id = 1), last integer NOT NULL);
                 INSERT INTO order_numbers (id, last) VALUES (1, 0)"
            }
        };
        manager.get_connection().execute_unprepared(numbers).await?;
        manager.get_connection().execute_unprepared(RULES).await.map(drop)
    }
}
