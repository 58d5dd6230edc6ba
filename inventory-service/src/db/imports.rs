//! What an import asks of the database besides adding and changing items.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, QueryFilter, QueryOrder,
    Statement,
};
use vocabulary::UserId;

use super::entity::item;
use super::items::load;
use crate::domain::item::Item;
use crate::domain::words::fold;

/// The advisory lock under which imports run on PostgreSQL. SQLite has one writer as it is.
const IMPORT_LOCK: i64 = 0x6c65_6e64_6572_7902;

/// Waits until no other import runs, so that two of the same file do not both create its items.
pub(crate) async fn take_turn(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let sql = "SELECT pg_advisory_xact_lock($1)";
    let lock = Statement::from_sql_and_values(DbBackend::Postgres, sql, [IMPORT_LOCK.into()]);
    tx.execute_raw(lock).await.map(drop)
}

/// The owner's items with these external ids.
pub(crate) async fn with_external_ids(
    tx: &DatabaseTransaction,
    owner: UserId,
    external_ids: Vec<&str>,
) -> Result<Vec<Item>, DbErr> {
    let found = item::Entity::find()
        .filter(item::Column::OwnerId.eq(owner.uuid()))
        .filter(item::Column::ExternalId.is_in(external_ids));
    load(tx, found).await
}

/// The owner's items whose folded names are among those of `names`, oldest first.
pub(crate) async fn with_names(
    tx: &DatabaseTransaction,
    owner: UserId,
    names: impl Iterator<Item = &str>,
) -> Result<Vec<Item>, DbErr> {
    let found = item::Entity::find()
        .filter(item::Column::OwnerId.eq(owner.uuid()))
        .filter(item::Column::NameKey.is_in(names.map(fold)))
        .order_by_asc(item::Column::Id);
    load(tx, found).await
}
