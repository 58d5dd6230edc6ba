//! What occupies the units of items, as the domain reckons with it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use inventory_api::{ReservationId, ReservationState, UnitId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use uuid::Uuid;
use vocabulary::ItemId;

use super::entity::{booking, unit};
use super::rows::{impossible, parsed};
use crate::domain::period::Window;
use crate::domain::reservation::Reservation;
use crate::domain::schedule::{Booking, Move, Placement, Schedule};

/// The states in which nobody else can have the unit. The indexes and the rule against overlaps have the same words, and
/// the databases use them only for a condition that does.
pub(super) const BLOCKS: &str = "state IN ('held', 'confirmed', 'checked_out')";

/// The schedule of each of these items, in two statements.
pub(crate) async fn of_items(
    db: &impl ConnectionTrait,
    items: &[ItemId],
    now: DateTime<Utc>,
) -> Result<HashMap<ItemId, Schedule>, DbErr> {
    let mut bookings = bookings(db, items, now).await?;
    let mut units = units(db, items).await?;
    let schedule = |item: &ItemId| {
        let (units, bookings) = (units.remove(item).unwrap_or_default(), bookings.remove(item).unwrap_or_default());
        (*item, Schedule::new(units, bookings, now))
    };
    Ok(items.iter().map(schedule).collect())
}

/// The schedule of one item.
pub(crate) async fn of_item(db: &impl ConnectionTrait, item: ItemId, now: DateTime<Utc>) -> Result<Schedule, DbErr> {
    let schedules = of_items(db, &[item], now).await?;
    Ok(schedules.into_values().next().unwrap_or_else(|| Schedule::new(Vec::new(), [], now)))
}

/// What blocks the units of these items now. Lapsed holds do not, whether that was written down or not.
pub(crate) async fn bookings(
    db: &impl ConnectionTrait,
    items: &[ItemId],
    now: DateTime<Utc>,
) -> Result<HashMap<ItemId, Vec<Booking>>, DbErr> {
    let mut found: HashMap<ItemId, Vec<Booking>> = HashMap::new();
    for row in blocking(items, now).all(db).await? {
        found.entry(ItemId::new(row.item_id)).or_default().push(booking_of(&row)?);
    }
    Ok(found)
}

/// The rows of [`bookings`].
pub(super) fn blocking(items: &[ItemId], now: DateTime<Utc>) -> Select<booking::Entity> {
    let lapsed = booking::Column::ExpiresAt.lte(now);
    booking::Entity::find()
        .filter(booking::Column::ItemId.is_in(items.iter().map(|item| item.uuid())))
        .filter(Expr::cust(BLOCKS))
        .filter(booking::Column::ExpiresAt.is_null().or(lapsed.not()))
}

/// Writes the bookings of a new reservation, and makes the room that they need.
pub(crate) async fn insert(
    tx: &DatabaseTransaction,
    reservation: &Reservation,
    window: Window,
    placement: &Placement,
) -> Result<(), DbErr> {
    relocate(tx, &placement.moves).await?;
    let rows = placement.units.iter().map(|unit| booking::ActiveModel {
        reservation_id: Set(reservation.id.uuid()),
        unit_id: Set(unit.uuid()),
        item_id: Set(reservation.item_id.uuid()),
        starts_at: Set(window.start()),
        blocked_until: Set(window.end()),
        state: Set(reservation.stage.state().as_str().to_owned()),
        expires_at: Set(reservation.stage.expires_at()),
    });
    booking::Entity::insert_many(rows).exec_without_returning(tx).await.map(drop)
}

/// Moves bookings to other units. All are taken away before any is put back, so that none meets another on its way.
pub(crate) async fn relocate(tx: &DatabaseTransaction, moves: &[Move]) -> Result<(), DbErr> {
    let mut moved = Vec::with_capacity(moves.len());
    for Move { booking, to } in moves {
        let key = (booking.reservation.uuid(), booking.unit.uuid());
        let Some(row) = booking::Entity::find_by_id(key).one(tx).await? else {
            return Err(DbErr::RecordNotUpdated);
        };
        booking::Entity::delete_by_id(key).exec(tx).await?;
        // Its past is over: on the new unit something else may have been at that time.
        let starts_at = Ord::max(row.starts_at, booking.window.start());
        moved.push(booking::Model { unit_id: to.uuid(), starts_at, ..row });
    }
    if moved.is_empty() {
        return Ok(());
    }
    let rows = moved.into_iter().map(booking::ActiveModel::from).map(sea_orm::ActiveModelTrait::reset_all);
    booking::Entity::insert_many(rows).exec_without_returning(tx).await.map(drop)
}

/// Lets the bookings of a reservation follow it to its stage.
pub(crate) async fn follow(tx: &DatabaseTransaction, reservation: &Reservation) -> Result<(), DbErr> {
    let row = booking::ActiveModel {
        state: Set(reservation.stage.state().as_str().to_owned()),
        expires_at: Set(reservation.stage.expires_at()),
        ..Default::default()
    };
    let all = booking::Entity::update_many().set(row);
    all.filter(booking::Column::ReservationId.eq(reservation.id.uuid())).exec(tx).await.map(drop)
}

/// Lets the bookings of a reservation begin at this moment, if they would begin later.
pub(crate) async fn begin(tx: &DatabaseTransaction, id: ReservationId, now: DateTime<Utc>) -> Result<(), DbErr> {
    let row = booking::ActiveModel { starts_at: Set(now), ..Default::default() };
    let later = booking::Entity::update_many().set(row).filter(booking::Column::ReservationId.eq(id.uuid()));
    later.filter(booking::Column::StartsAt.gt(now)).exec(tx).await.map(drop)
}

/// Which units the reservation has, in the owner's order.
pub(crate) async fn units_of(db: &impl ConnectionTrait, id: ReservationId) -> Result<Vec<UnitId>, DbErr> {
    let taken = booking::Entity::find().select_only().column(booking::Column::UnitId);
    let taken = sea_orm::QueryTrait::into_query(taken.filter(booking::Column::ReservationId.eq(id.uuid())));
    let units = unit::Entity::find().select_only().column(unit::Column::Id);
    let units = units.filter(unit::Column::Id.in_subquery(taken)).order_by_asc(unit::Column::Position);
    let ids: Vec<Uuid> = units.into_tuple().all(db).await?;
    Ok(ids.into_iter().map(UnitId::new).collect())
}

/// The units in service, in the owner's order.
async fn units(db: &impl ConnectionTrait, items: &[ItemId]) -> Result<HashMap<ItemId, Vec<UnitId>>, DbErr> {
    let rows = unit::Entity::find()
        .select_only()
        .columns([unit::Column::ItemId, unit::Column::Id])
        .filter(unit::Column::ItemId.is_in(items.iter().map(|item| item.uuid())))
        .filter(unit::Column::RemovedAt.is_null())
        .filter(unit::Column::OutOfService.eq(false))
        .order_by_asc(unit::Column::Position);
    let mut found: HashMap<ItemId, Vec<UnitId>> = HashMap::new();
    for (item, unit) in rows.into_tuple::<(Uuid, Uuid)>().all(db).await? {
        found.entry(ItemId::new(item)).or_default().push(UnitId::new(unit));
    }
    Ok(found)
}

fn booking_of(row: &booking::Model) -> Result<Booking, DbErr> {
    let state: ReservationState = parsed("bookings.state", &row.state)?;
    let window = Window::new(row.starts_at, row.blocked_until);
    Ok(Booking {
        reservation: ReservationId::new(row.reservation_id),
        unit: UnitId::new(row.unit_id),
        window: window.ok_or_else(|| impossible("bookings.blocked_until", row.blocked_until))?,
        is_out: state == ReservationState::CheckedOut,
    })
}
