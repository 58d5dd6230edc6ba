use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, double_null, integer, integer_null, text, text_null, timestamp_with_time_zone, uuid,
    uuid_null,
};

/// What a search near a place asks of an item, in one index: a place may have thousands of items, of which a page is shown, and
/// looking up each of them takes ten times as long.
const NEAR: [&str; 10] = [
    "status",
    "pickup_lat",
    "pickup_lon",
    "pickup_x",
    "pickup_y",
    "pickup_z",
    "id",
    "offer",
    "max_loan_days",
    "daily_price_order",
];

/// The lists that are read page by page, each with the index whose ranges are its pages or hold them.
const INDEXES: [(&str, &[&str]); 6] = [
    ("items_newest", &["status", "id"]),
    ("items_by_name", &["status", "name_key", "id"]),
    ("items_by_daily_price", &["status", "daily_price_order", "id"]),
    ("items_near", &NEAR),
    ("items_of_category", &["category_id", "status", "id"]),
    ("items_of_owner", &["owner_id", "id"]),
];

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(items(manager.get_database_backend())).await?;
        for (name, columns) in INDEXES {
            let mut index = Index::create();
            index.name(name).table("items");
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        // Rows without an external id are not equal to each other: null equals nothing.
        let mut external_id = Index::create();
        external_id.name("items_external_id").table("items").col("owner_id").col("external_id").unique();
        manager.create_index(external_id).await
    }
}

fn items(backend: DbBackend) -> TableCreateStatement {
    let no_price_is_zero = Expr::cust("coalesce(daily_price_minor, 0)");
    Table::create()
        .table("items")
        .col(uuid("id").primary_key())
        .col(uuid("owner_id"))
        .col(text_null("external_id"))
        .col(text("name"))
        .col(name_key(backend))
        .col(text("description"))
        .col(uuid_null("category_id"))
        .col(text("condition"))
        .col(text("offer"))
        .col(integer("units"))
        .col(big_integer_null("daily_price_minor"))
        .col(big_integer("daily_price_order").generated(no_price_is_zero, true))
        .col(big_integer_null("deposit_minor"))
        .col(big_integer_null("price_minor"))
        .col(text("currency"))
        .col(integer_null("max_loan_days"))
        .col(integer("buffer_hours"))
        .col(integer_null("stock"))
        .col(text("approval"))
        .col(text_null("pickup_label"))
        .col(double_null("pickup_lat"))
        .col(double_null("pickup_lon"))
        .col(text_null("pickup_time_zone"))
        .col(double_null("pickup_x"))
        .col(double_null("pickup_y"))
        .col(double_null("pickup_z"))
        .col(text("status"))
        .col(big_integer("version"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .check(Expr::cust("category_id IS NOT NULL OR status = 'retired'"))
        // What is sold twice at the same moment is refused here, whatever looked before.
        .check(Expr::cust("stock >= 0"))
        .foreign_key(ForeignKey::create().from("items", "category_id").to("categories", "id"))
        .to_owned()
}

/// The name folded, compared byte by byte: SQLite always does that, PostgreSQL has to be told.
pub(super) fn name_key(backend: DbBackend) -> ColumnDef {
    let mut column = text("name_key");
    if backend == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}
