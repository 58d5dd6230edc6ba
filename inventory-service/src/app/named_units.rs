//! Units one by one, as their owner labels and looks after them.

use inventory_api::{UnitId, UnitRequest};
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{IfMatch, Keyed, Written};
use vocabulary::ItemId;

use super::items::{owned, save};
use super::{App, AppError, history, reservations};
use crate::db;
use crate::domain::item::Item;
use crate::domain::offer::MOST_UNITS;
use crate::domain::schedule::{Move, Schedule};
use crate::domain::unit::Unit;

/// The units of an item, for who owns it.
pub(crate) async fn all(app: &App, caller: &Caller, id: ItemId) -> Result<Vec<Unit>, AppError> {
    let item = super::items::get(app, id).await?;
    super::items::may_change(caller, &item)?;
    Ok(db::units::of_item(app.db.read(), id).await?)
}

/// Adds a unit, once for each key. `answer` is what the caller is told, now and at each repetition.
pub(crate) async fn add(
    app: &App,
    caller: &Caller,
    id: ItemId,
    request: &UnitRequest,
    keyed: &Keyed,
    answer: impl FnOnce(&Unit) -> Written,
) -> Result<Written, AppError> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let item = owned(&tx, caller, id).await?;
    if let Some(replayed) = keyed.replay(&tx, now).await? {
        return Ok(replayed);
    }
    let units = item.content.terms.offer.units();
    if !(1..MOST_UNITS).contains(&units) {
        return Err(AppError::NoMoreUnits);
    }
    let position = db::units::last_position(&tx, id).await? + 1;
    let unit = Unit::plain(app.clock.new_id(), id, position, item.content.condition, now);
    let unit = unit.described(request)?;
    db::units::insert(&tx, std::slice::from_ref(&unit)).await?;
    let more = item.clone().with_units(units + 1, now);
    save(&tx, &more).await?;
    history::unit_changed(app, &tx, caller, (&item, &more), (None, Some(&unit))).await?;
    let written = answer(&unit);
    keyed.keep(&tx, &written, now).await?;
    app.commit(tx).await?;
    Ok(written)
}

/// Changes what is said of a unit. One that goes out of service hands its bookings on to others that are free; what finds
/// none stays with it, for the owner to release.
pub(crate) async fn change(
    app: &App,
    caller: &Caller,
    (id, unit): (ItemId, UnitId),
    if_match: Result<IfMatch, Problem>,
    revise: impl FnOnce(UnitRequest) -> Result<UnitRequest, Problem>,
) -> Result<Unit, AppError> {
    let tx = app.db.begin().await?;
    let item = owned(&tx, caller, id).await?;
    let units = db::units::of_item(&tx, id).await?;
    let before = units.iter().find(|known| known.id == unit).ok_or(AppError::NoSuchItem)?;
    let if_match = if_match?;
    let after = before.clone().described(&revise(before.document())?)?;
    if_match.check(before.version)?;
    if after == *before {
        return Ok(after);
    }
    let after = Unit { version: before.version + 1, updated_at: app.clock.now(), ..after };
    if after.out_of_service
        && !before.out_of_service
        && let Some(moves) = without(app, &tx, &item, &units, unit).await?
    {
        db::schedules::relocate(&tx, &moves).await?;
    }
    if !db::units::update(&tx, &after).await? {
        return Err(AppError::Overtaken);
    }
    history::unit_changed(app, &tx, caller, (&item, &item), (Some(before), Some(&after))).await?;
    app.commit(tx).await?;
    Ok(after)
}

/// Takes a unit away, unless it is out or needed for what is promised.
pub(crate) async fn remove(
    app: &App,
    caller: &Caller,
    (id, unit): (ItemId, UnitId),
    if_match: Result<IfMatch, Problem>,
) -> Result<(), AppError> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let item = owned(&tx, caller, id).await?;
    let units = db::units::of_item(&tx, id).await?;
    let known = units.iter().find(|known| known.id == unit).ok_or(AppError::NoSuchItem)?;
    if_match?.check(known.version)?;
    if units.len() == 1 {
        return Err(AppError::LastUnit);
    }
    let moves = without(app, &tx, &item, &units, unit).await?.ok_or(AppError::UnitsNeeded)?;
    db::schedules::relocate(&tx, &moves).await?;
    db::units::remove(&tx, &[unit], now).await?;
    let left = item.content.terms.offer.units().saturating_sub(1);
    let fewer = item.clone().with_units(left, now);
    save(&tx, &fewer).await?;
    history::unit_changed(app, &tx, caller, (&item, &fewer), (Some(known), None)).await?;
    app.commit(tx).await?;
    Ok(())
}

/// What has to move so that the item does without this unit; none if it cannot, or if the unit is out.
async fn without(
    app: &App,
    tx: &db::Transaction,
    item: &Item,
    units: &[Unit],
    unit: UnitId,
) -> Result<Option<Vec<Move>>, AppError> {
    let now = app.clock.now();
    reservations::expire(app, tx, item.id, now).await?;
    let bookings = db::schedules::bookings(tx, &[item.id], now).await?.remove(&item.id).unwrap_or_default();
    if bookings.iter().any(|booking| booking.unit == unit && booking.is_out) {
        return Ok(None);
    }
    let in_service: Vec<_> = units.iter().filter(|unit| !unit.out_of_service).map(|unit| unit.id).collect();
    let others: Vec<_> = in_service.iter().copied().filter(|other| *other != unit).collect();
    Ok(Schedule::new(in_service, bookings, now).confined_to(&others))
}
