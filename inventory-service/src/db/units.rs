//! The units of items.

use chrono::{DateTime, Utc};
use inventory_api::UnitId;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
};
use vocabulary::ItemId;

use super::entity::unit;
use super::rows::parsed;
use crate::domain::unit::Unit;

/// Rows of one statement: what SQLite has parameters for.
const ROWS_AT_ONCE: usize = 2_000;

/// The units of an item in the owner's order, without those that were taken away.
pub(crate) async fn of_item(db: &impl ConnectionTrait, item: ItemId) -> Result<Vec<Unit>, DbErr> {
    let rows = unit::Entity::find()
        .filter(unit::Column::ItemId.eq(item.uuid()))
        .filter(unit::Column::RemovedAt.is_null())
        .order_by_asc(unit::Column::Position);
    rows.all(db).await?.into_iter().map(unit_of).collect()
}

/// The highest position that a unit of the item has or had; 0 if there was none.
pub(crate) async fn last_position(db: &impl ConnectionTrait, item: ItemId) -> Result<i32, DbErr> {
    let found = unit::Entity::find().filter(unit::Column::ItemId.eq(item.uuid()));
    let last = found.order_by_desc(unit::Column::Position).one(db).await?;
    Ok(last.map_or(0, |unit| unit.position))
}

pub(crate) async fn insert(tx: &DatabaseTransaction, units: &[Unit]) -> Result<(), DbErr> {
    for some in units.chunks(ROWS_AT_ONCE) {
        unit::Entity::insert_many(some.iter().map(row_of)).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Writes the next version over the one before it. Answers whether that one was still there.
pub(crate) async fn update(tx: &DatabaseTransaction, unit: &Unit) -> Result<bool, DbErr> {
    let previous = unit::Entity::update_many()
        .set(row_of(unit))
        .filter(unit::Column::Id.eq(unit.id.uuid()))
        .filter(unit::Column::Version.eq(unit.version - 1));
    Ok(previous.exec(tx).await?.rows_affected == 1)
}

/// Takes units away. What was booked on them stays on record.
pub(crate) async fn remove(tx: &DatabaseTransaction, units: &[UnitId], now: DateTime<Utc>) -> Result<(), DbErr> {
    let row = unit::ActiveModel { removed_at: Set(Some(now)), ..Default::default() };
    let found = unit::Entity::update_many().set(row);
    found.filter(unit::Column::Id.is_in(units.iter().map(|unit| unit.uuid()))).exec(tx).await.map(drop)
}

fn unit_of(row: unit::Model) -> Result<Unit, DbErr> {
    Ok(Unit {
        id: UnitId::new(row.id),
        item_id: ItemId::new(row.item_id),
        position: row.position,
        label: row.label,
        condition: parsed("units.condition", &row.condition)?,
        out_of_service: row.out_of_service,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

fn row_of(unit: &Unit) -> unit::ActiveModel {
    unit::ActiveModel {
        id: Set(unit.id.uuid()),
        item_id: Set(unit.item_id.uuid()),
        position: Set(unit.position),
        label: Set(unit.label.clone()),
        condition: Set(unit.condition.as_str().to_owned()),
        out_of_service: Set(unit.out_of_service),
        removed_at: Set(None),
        version: Set(unit.version),
        created_at: Set(unit.created_at),
        updated_at: Set(unit.updated_at),
    }
}
