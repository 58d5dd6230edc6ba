//! Reservations by their id, and their transitions.

use chrono::{DateTime, Utc};
use inventory_api::{ReservationId, ReservationState};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QuerySelect,
    QueryTrait,
};
use uuid::Uuid;
use vocabulary::{ItemId, UserId};

use super::entity::{booking, item, reservation};
use super::rows::{impossible, number, parsed};
use super::schedules::BLOCKS;
use crate::domain::period::Window;
use crate::domain::reservation::{Reservation, Stage};

/// What is known under an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Known {
    Reservation(Reservation),
    /// It was released before anything was held, so nothing ever will be.
    Tombstone,
}

pub(crate) async fn find(db: &impl ConnectionTrait, id: ReservationId) -> Result<Option<Known>, DbErr> {
    reservation::Entity::find_by_id(id.uuid()).one(db).await?.map(known_of).transpose()
}

/// As [`find`], without tombstones; until the transaction ends nobody else can change the item of the reservation, nor any of its
/// reservations.
pub(crate) async fn find_for_update(tx: &DatabaseTransaction, id: ReservationId) -> Result<Option<Known>, DbErr> {
    // The item of a reservation never changes, so that it can be locked before the reservation is read.
    let its_item = reservation::Entity::find_by_id(id.uuid()).select_only().column(reservation::Column::ItemId);
    let item = item::Entity::find().select_only().column(item::Column::Id);
    let item = item.filter(item::Column::Id.in_subquery(its_item.into_query())).lock_exclusive();
    // One that is held only now is not there for this transaction, which would change it beside whoever has its item.
    match item.into_tuple::<Uuid>().one(tx).await? {
        Some(_) => find(tx, id).await,
        None => Ok(None),
    }
}

pub(crate) async fn insert(tx: &DatabaseTransaction, new: &Reservation) -> Result<(), DbErr> {
    let row = reservation::ActiveModel {
        id: Set(new.id.uuid()),
        item_id: Set(Some(new.item_id.uuid())),
        borrower_id: Set(Some(new.borrower_id.uuid())),
        units: Set(number("reservations.units", new.units)?),
        starts_at: Set(new.period.map(Window::start)),
        ends_at: Set(new.period.map(Window::end)),
        created_at: Set(new.created_at),
        ..stage_columns(new)
    };
    reservation::Entity::insert(row).exec_without_returning(tx).await.map(drop)
}

/// Remembers that this id was released before anything was held under it.
pub(crate) async fn bury(tx: &DatabaseTransaction, id: ReservationId, now: DateTime<Utc>) -> Result<(), DbErr> {
    let row = reservation::ActiveModel {
        id: Set(id.uuid()),
        item_id: Set(None),
        borrower_id: Set(None),
        units: Set(0),
        starts_at: Set(None),
        ends_at: Set(None),
        state: Set(ReservationState::Released.as_str().to_owned()),
        expires_at: Set(None),
        check_out_note: Set(None),
        return_note: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    reservation::Entity::insert(row).exec_without_returning(tx).await.map(drop)
}

/// Writes the next version over the one before it. Answers whether that one was still there.
pub(crate) async fn update(tx: &DatabaseTransaction, next: &Reservation) -> Result<bool, DbErr> {
    let previous = reservation::Entity::update_many()
        .set(stage_columns(next))
        .filter(reservation::Column::Id.eq(next.id.uuid()))
        .filter(reservation::Column::Version.eq(next.version - 1));
    Ok(previous.exec(tx).await?.rows_affected == 1)
}

/// Writes down that holds of the item have lapsed. Answers each as it was.
pub(crate) async fn expire(
    tx: &DatabaseTransaction,
    item: ItemId,
    now: DateTime<Utc>,
) -> Result<Vec<Reservation>, DbErr> {
    let lapsed = reservation::Entity::find()
        .filter(reservation::Column::ItemId.eq(item.uuid()))
        .filter(Expr::cust(BLOCKS))
        .filter(reservation::Column::ExpiresAt.lte(now));
    let lapsed = lapsed.all(tx).await?;
    if lapsed.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = lapsed.iter().map(|row| row.id).collect();
    let expired = ReservationState::Expired.as_str();
    let row = reservation::ActiveModel {
        state: Set(expired.to_owned()),
        expires_at: Set(None),
        updated_at: Set(now),
        ..Default::default()
    };
    let version = Expr::col(reservation::Column::Version).add(1);
    let all = reservation::Entity::update_many().set(row).col_expr(reservation::Column::Version, version);
    all.filter(reservation::Column::Id.is_in(ids.clone())).exec(tx).await?;
    let row = booking::ActiveModel { state: Set(expired.to_owned()), expires_at: Set(None), ..Default::default() };
    let all = booking::Entity::update_many().set(row);
    all.filter(booking::Column::ReservationId.is_in(ids)).exec(tx).await?;
    let held = lapsed.into_iter().map(|row| match known_of(row)? {
        Known::Reservation(held) => Ok(Some(held)),
        Known::Tombstone => Ok(None),
    });
    held.filter_map(Result::transpose).collect()
}

/// Whether anything of the item is held, promised or out. What was sold and handed over is neither.
pub(crate) async fn any_active(db: &impl ConnectionTrait, item: ItemId) -> Result<bool, DbErr> {
    let sold = reservation::Column::StartsAt.is_null();
    let sold = sold.and(reservation::Column::State.eq(ReservationState::CheckedOut.as_str()));
    let found = reservation::Entity::find()
        .select_only()
        .column(reservation::Column::Id)
        .filter(reservation::Column::ItemId.eq(item.uuid()))
        .filter(Expr::cust(BLOCKS))
        .filter(sold.not())
        .limit(1);
    Ok(found.into_tuple::<Uuid>().one(db).await?.is_some())
}

/// Pieces of the item's stock in holds that have lapsed and not yet been written down so.
pub(crate) async fn lapsed_pieces(db: &impl ConnectionTrait, item: ItemId, now: DateTime<Utc>) -> Result<u32, DbErr> {
    let lapsed = reservation::Entity::find()
        .select_only()
        .column(reservation::Column::Units)
        .filter(reservation::Column::ItemId.eq(item.uuid()))
        .filter(Expr::cust(BLOCKS))
        .filter(reservation::Column::StartsAt.is_null())
        .filter(reservation::Column::ExpiresAt.lte(now));
    let pieces: Vec<i32> = lapsed.into_tuple().all(db).await?;
    number("reservations.units", pieces.iter().sum::<i32>())
}

/// Adds to the stock of an item that is sold, or takes from it, as its next version.
pub(crate) async fn add_to_stock(
    tx: &DatabaseTransaction,
    id: ItemId,
    pieces: i64,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let pieces: i32 = number("items.stock", pieces)?;
    let item = item::Entity::update_many()
        .col_expr(item::Column::Stock, Expr::col(item::Column::Stock).add(pieces))
        .col_expr(item::Column::Version, Expr::col(item::Column::Version).add(1))
        .col_expr(item::Column::UpdatedAt, Expr::value(now))
        .filter(item::Column::Id.eq(id.uuid()))
        // An item that is lent by now has no stock to give back to.
        .filter(item::Column::Stock.is_not_null());
    item.exec(tx).await.map(drop)
}

/// The columns that a transition changes.
fn stage_columns(reservation: &Reservation) -> reservation::ActiveModel {
    let (check_out_note, return_note) = reservation.stage.notes();
    reservation::ActiveModel {
        state: Set(reservation.stage.state().as_str().to_owned()),
        expires_at: Set(reservation.stage.expires_at()),
        check_out_note: Set(check_out_note.map(ToOwned::to_owned)),
        return_note: Set(return_note.map(ToOwned::to_owned)),
        version: Set(reservation.version),
        updated_at: Set(reservation.updated_at),
        ..Default::default()
    }
}

fn known_of(row: reservation::Model) -> Result<Known, DbErr> {
    let (Some(item_id), Some(borrower_id)) = (row.item_id, row.borrower_id) else {
        return Ok(Known::Tombstone);
    };
    let period = row
        .starts_at
        .zip(row.ends_at)
        .map(|(start, end)| Window::new(start, end).ok_or_else(|| impossible("reservations.ends_at", end)));
    Ok(Known::Reservation(Reservation {
        id: ReservationId::new(row.id),
        item_id: ItemId::new(item_id),
        borrower_id: UserId::new(borrower_id),
        units: number("reservations.units", row.units)?,
        period: period.transpose()?,
        stage: stage_of(&row.state, row.expires_at, row.check_out_note, row.return_note)?,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }))
}

fn stage_of(
    state: &str,
    expires_at: Option<DateTime<Utc>>,
    check_out_note: Option<String>,
    return_note: Option<String>,
) -> Result<Stage, DbErr> {
    Ok(match parsed("reservations.state", state)? {
        ReservationState::Held => {
            Stage::Held { until: expires_at.ok_or_else(|| impossible("reservations.expires_at", "null"))? }
        }
        ReservationState::Confirmed => Stage::Confirmed,
        ReservationState::CheckedOut => Stage::CheckedOut { note: check_out_note },
        ReservationState::Returned => Stage::Returned { check_out_note, note: return_note },
        ReservationState::Released => Stage::Released,
        ReservationState::Expired => Stage::Expired,
    })
}
