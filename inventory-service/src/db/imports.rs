//! What an import asks of the database besides adding and changing items.

use inventory_api::ItemStatus;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder, QuerySelect, Statement,
};
use uuid::Uuid;
use vocabulary::{ItemId, UserId};

use super::entity::item;
use super::items::{CATEGORY_SLUG, load};
use super::rows::parsed;
use crate::domain::item::Item;
use crate::domain::slug::Slug;

/// The advisory lock under which imports run on PostgreSQL. SQLite has one writer as it is.
const IMPORT_LOCK: i64 = 0x6c65_6e64_6572_7902;

/// By what an owner's item is recognised.
#[derive(Debug)]
pub(crate) struct Marks {
    pub(crate) id: ItemId,
    pub(crate) external_id: Option<String>,
    pub(crate) name: String,
    /// None of what was retired and has lost it.
    pub(crate) category: Option<Slug>,
    pub(crate) is_retired: bool,
}

#[derive(FromQueryResult)]
struct MarksRow {
    id: Uuid,
    external_id: Option<String>,
    name: String,
    status: String,
    category_slug: Option<String>,
}

/// Waits until no other import runs, so that two of the same file do not both create its items.
pub(crate) async fn take_turn(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let sql = "SELECT pg_advisory_xact_lock($1)";
    let lock = Statement::from_sql_and_values(DbBackend::Postgres, sql, [IMPORT_LOCK.into()]);
    tx.execute_raw(lock).await.map(drop)
}

/// Of everything the owner has, oldest first. All at once: looking rows up by name as they come, PostgreSQL would use
/// the plan it made for the table as it was before the import, and read the owner's items again each time.
pub(crate) async fn marks_of(tx: &DatabaseTransaction, owner: UserId) -> Result<Vec<Marks>, DbErr> {
    let found = item::Entity::find()
        .select_only()
        .columns([item::Column::Id, item::Column::ExternalId, item::Column::Name, item::Column::Status])
        .expr_as(Expr::cust(CATEGORY_SLUG), "category_slug")
        .filter(item::Column::OwnerId.eq(owner.uuid()))
        .order_by_asc(item::Column::Id);
    let rows = found.into_model::<MarksRow>().all(tx).await?;
    let marks = |row: MarksRow| {
        Ok(Marks {
            id: ItemId::new(row.id),
            external_id: row.external_id,
            name: row.name,
            category: row.category_slug.map(|slug| parsed("categories.slug", &slug)).transpose()?,
            is_retired: row.status == ItemStatus::Retired.as_str(),
        })
    };
    rows.into_iter().map(marks).collect()
}

/// The items with these ids.
pub(crate) async fn with_ids(tx: &DatabaseTransaction, ids: &[ItemId]) -> Result<Vec<Item>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    load(tx, item::Entity::find().filter(item::Column::Id.is_in(ids.iter().map(|id| id.uuid())))).await
}
