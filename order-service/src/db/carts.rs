//! Carts: lines by their member and item.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
};
use vocabulary::{ItemId, UserId};

use super::entity::cart_line::{ActiveModel, Column, Entity, Model};
use super::rows::{number, period_of};
use crate::domain::request::Wanted;

/// The lines of a member, in the order in which they were put in.
pub(crate) async fn of_member(db: &impl ConnectionTrait, member: UserId) -> Result<Vec<Wanted>, DbErr> {
    let rows = Entity::find().filter(Column::MemberId.eq(member.uuid()));
    let rows = rows.order_by_asc(Column::CreatedAt).order_by_asc(Column::ItemId).all(db).await?;
    rows.iter().map(wanted_of).collect()
}

/// Puts a line in, over the one with the same item.
pub(crate) async fn put(
    tx: &DatabaseTransaction,
    member: UserId,
    wanted: Wanted,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let row = ActiveModel {
        member_id: Set(member.uuid()),
        item_id: Set(wanted.item_id.uuid()),
        units: Set(number("cart_lines.units", wanted.units)?),
        starts_at: Set(wanted.period.map(|period| period.start)),
        ends_at: Set(wanted.period.map(|period| period.end)),
        created_at: Set(now),
    };
    let replace = OnConflict::columns([Column::MemberId, Column::ItemId])
        .update_columns([Column::Units, Column::StartsAt, Column::EndsAt])
        .to_owned();
    Entity::insert(row).on_conflict(replace).exec_without_returning(tx).await.map(drop)
}

/// Takes a line out, if it is there.
pub(crate) async fn remove(tx: &DatabaseTransaction, member: UserId, item: ItemId) -> Result<(), DbErr> {
    Entity::delete_by_id((member.uuid(), item.uuid())).exec(tx).await.map(drop)
}

/// Takes these lines out; one that was changed since they were read stays.
pub(crate) async fn take_out(tx: &DatabaseTransaction, member: UserId, lines: &[Wanted]) -> Result<(), DbErr> {
    for line in lines {
        let same = Entity::delete_many()
            .filter(Column::MemberId.eq(member.uuid()))
            .filter(Column::ItemId.eq(line.item_id.uuid()))
            .filter(Column::Units.eq(number::<i32, _>("cart_lines.units", line.units)?));
        let same = match line.period {
            Some(period) => same.filter(Column::StartsAt.eq(period.start)).filter(Column::EndsAt.eq(period.end)),
            None => same.filter(Column::StartsAt.is_null()),
        };
        same.exec(tx).await?;
    }
    Ok(())
}

/// Empties a cart.
pub(crate) async fn clear(tx: &DatabaseTransaction, member: UserId) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::MemberId.eq(member.uuid())).exec(tx).await.map(drop)
}

fn wanted_of(row: &Model) -> Result<Wanted, DbErr> {
    Ok(Wanted {
        item_id: ItemId::new(row.item_id),
        units: number("cart_lines.units", row.units)?,
        period: period_of(row.starts_at, row.ends_at),
    })
}
