//! The audit trail of items. Rows are added and never changed.

use inventory_api::{ChangeKind, ItemChangeId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::de::DeserializeOwned;
use vocabulary::{ItemId, UserId};

use super::entity::item_change::{ActiveModel, Column, Entity, Model};
use super::rows::{impossible, parsed};
use crate::domain::history::{Change, Fields};

/// Writes changes down in the transaction that makes them; as many as a statement has room for, so at most 500.
pub(crate) async fn insert(tx: &DatabaseTransaction, changes: &[Change]) -> Result<(), DbErr> {
    if changes.is_empty() {
        return Ok(());
    }
    Entity::insert_many(changes.iter().map(row_of)).exec_without_returning(tx).await.map(drop)
}

/// The changes of an item, newest first, from before `after` on.
pub(crate) async fn page(
    db: &impl ConnectionTrait,
    item: ItemId,
    after: Option<ItemChangeId>,
    limit: u64,
) -> Result<Vec<Change>, DbErr> {
    let mut found = Entity::find().filter(Column::ItemId.eq(item.uuid()));
    if let Some(after) = after {
        found = found.filter(Column::Id.lt(after.uuid()));
    }
    let rows = found.order_by_desc(Column::Id).limit(limit).all(db).await?;
    rows.into_iter().map(change_of).collect()
}

fn row_of(change: &Change) -> ActiveModel {
    ActiveModel {
        id: Set(change.id.uuid()),
        item_id: Set(change.item_id.uuid()),
        version: Set(change.version),
        changed_by: Set(change.by.map(UserId::uuid)),
        kind: Set(change.kind.as_str().to_owned()),
        before: Set(change.before.as_ref().map(text_of)),
        after: Set(text_of(&change.after)),
        changed_at: Set(change.at),
    }
}

fn change_of(row: Model) -> Result<Change, DbErr> {
    Ok(Change {
        id: ItemChangeId::new(row.id),
        item_id: ItemId::new(row.item_id),
        version: row.version,
        by: row.changed_by.map(UserId::new),
        kind: parsed::<ChangeKind>("item_changes.kind", &row.kind)?,
        before: row.before.map(|json| read("item_changes.before", &json)).transpose()?,
        after: read("item_changes.after", &row.after)?,
        at: row.changed_at,
    })
}

fn text_of(fields: &Fields) -> String {
    // Texts, numbers and lists of them always have a form in JSON.
    serde_json::to_string(fields).unwrap_or_default()
}

fn read<T: DeserializeOwned>(column: &str, json: &str) -> Result<T, DbErr> {
    serde_json::from_str(json).map_err(|error| impossible(column, error))
}
