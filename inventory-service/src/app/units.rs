//! The units of items: as many as their owner says, and never fewer than are promised.

use std::collections::HashSet;

use inventory_api::UnitId;

use super::{App, AppError, reservations};
use crate::db;
use crate::domain::item::Item;
use crate::domain::schedule::Schedule;
use crate::domain::unit::Unit;

/// The units of items that are new.
pub(super) fn first(app: &App, items: &[Item]) -> Vec<Unit> {
    items.iter().flat_map(|item| more(app, item, 0, item.content.terms.offer.units())).collect()
}

/// Gives an item that has changed as many units as it says. What is booked on a unit that goes finds another.
///
/// # Errors
/// [`AppError::Booked`] when it would no longer be lent, or sold, while something is reserved; [`AppError::UnitsNeeded`]
/// when too few would be left.
pub(super) async fn settle(app: &App, tx: &db::Transaction, before: &Item, after: &Item) -> Result<(), AppError> {
    let (had, has) = (before.content.terms.offer, after.content.terms.offer);
    if had.kind() != has.kind() {
        none_reserved(app, tx, after).await?;
    }
    if has.units() > had.units() {
        let last = db::units::last_position(tx, after.id).await?;
        let new: Vec<_> = more(app, after, last, has.units() - had.units()).collect();
        db::units::insert(tx, &new).await?;
    }
    if has.units() < had.units() {
        spare(app, tx, after, had.units() - has.units()).await?;
    }
    Ok(())
}

/// Lets pass what nobody has a claim to.
pub(super) async fn none_reserved(app: &App, tx: &db::Transaction, item: &Item) -> Result<(), AppError> {
    // What lapsed holds had of a stock needs no giving back: the item is no longer sold.
    reservations::expire(app, tx, item.id, item.updated_at).await?;
    if db::reservations::any_active(tx, item.id).await? { Err(AppError::Booked) } else { Ok(()) }
}

fn more(app: &App, item: &Item, after: i32, count: u32) -> impl Iterator<Item = Unit> {
    let positions = (after + 1..).take(usize::try_from(count).unwrap_or(usize::MAX));
    let condition = item.content.condition;
    positions.map(move |position| Unit::plain(app.clock.new_id(), item.id, position, condition, item.updated_at))
}

/// Takes units away: those out of service and those with nothing to do first, then the last.
async fn spare(app: &App, tx: &db::Transaction, item: &Item, count: u32) -> Result<(), AppError> {
    let now = item.updated_at;
    reservations::expire(app, tx, item.id, now).await?;
    let units = db::units::of_item(tx, item.id).await?;
    let bookings = db::schedules::bookings(tx, &[item.id], now).await?.remove(&item.id).unwrap_or_default();
    let out: HashSet<_> = bookings.iter().filter(|booking| booking.is_out).map(|booking| booking.unit).collect();
    let booked: HashSet<_> = bookings.iter().map(|booking| booking.unit).collect();
    let mut spared: Vec<_> = units.iter().filter(|unit| !out.contains(&unit.id)).collect();
    spared.sort_by_key(|unit| (!unit.out_of_service, booked.contains(&unit.id), -unit.position));
    spared.truncate(usize::try_from(count).unwrap_or(usize::MAX));
    if spared.len() < usize::try_from(count).unwrap_or(usize::MAX) {
        return Err(AppError::UnitsNeeded);
    }
    let spared: Vec<UnitId> = spared.into_iter().map(|unit| unit.id).collect();
    let in_service: Vec<_> = units.iter().filter(|unit| !unit.out_of_service).map(|unit| unit.id).collect();
    let kept: Vec<_> = in_service.iter().copied().filter(|unit| !spared.contains(unit)).collect();
    let moves = Schedule::new(in_service, bookings, now).confined_to(&kept).ok_or(AppError::UnitsNeeded)?;
    db::schedules::relocate(tx, &moves).await?;
    Ok(db::units::remove(tx, &spared, now).await?)
}
