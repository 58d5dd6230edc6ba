use chrono::{DateTime, Utc};
use inventory_api::ReservationId;
use vocabulary::ItemId;

use super::{Reserved, expire};
use crate::app::retry::retrying;
use crate::app::{App, AppError, events};
use crate::db;
use crate::db::reservations::Known;
use crate::domain::period::Window;
use crate::domain::reservation::{Reservation, Stage, Step, Transition};
use crate::domain::schedule::{Booking, Schedule};

/// Takes a reservation to its next stage. What has happened already is answered as it is now.
pub(crate) async fn transition(app: &App, id: ReservationId, transition: &Transition) -> Result<Reserved, AppError> {
    retrying(|| attempt(app, id, transition)).await
}

/// Gives up what was held. Where nothing was, nothing ever will be: a hold that was sent before and comes after is refused.
/// Answers what it was, if anything.
pub(crate) async fn release(app: &App, id: ReservationId) -> Result<Option<Reserved>, AppError> {
    retrying(|| async move {
        match attempt(app, id, &Transition::Release).await {
            Ok(released) => Ok(Some(released)),
            Err(AppError::NoSuchReservation) => bury(app, id).await,
            Err(error) => Err(error),
        }
    })
    .await
}

async fn bury(app: &App, id: ReservationId) -> Result<Option<Reserved>, AppError> {
    let tx = app.db.begin().await?;
    if db::reservations::find(&tx, id).await?.is_none() {
        // A hold that commits first makes this a unique violation, after which the whole is done again.
        db::reservations::bury(&tx, id, app.clock.now()).await?;
        app.commit(tx).await?;
    }
    Ok(None)
}

async fn attempt(app: &App, id: ReservationId, transition: &Transition) -> Result<Reserved, AppError> {
    let tx = app.db.begin().await?;
    let Some(Known::Reservation(reservation)) = db::reservations::find_for_update(&tx, id).await? else {
        return Err(AppError::NoSuchReservation);
    };
    let now = app.clock.now();
    let reservation = match reservation.stage.clone().step(transition.clone(), now).map_err(AppError::WrongState)? {
        Step::Done => reservation,
        Step::To(stage) => {
            let next = reservation.clone().stepped(stage, now);
            take(app, &tx, (&reservation, &next), now).await?;
            next
        }
    };
    let units = db::schedules::units_of(&tx, id).await?;
    app.commit(tx).await?;
    Ok(Reserved { reservation, units })
}

/// Writes the step and what follows from it for units and stock.
async fn take(
    app: &App,
    tx: &db::Transaction,
    (before, next): (&Reservation, &Reservation),
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    if before.period.is_some() && matches!(next.stage, Stage::CheckedOut { .. }) {
        hand_over(app, tx, (before.item_id, before.id), now).await?;
    }
    if !db::reservations::update(tx, next).await? {
        return Err(AppError::Overtaken);
    }
    if before.period.is_some() {
        db::schedules::follow(tx, next).await?;
    } else if before.stage.blocks() && !next.stage.blocks() {
        db::reservations::add_to_stock(tx, before.item_id, before.units.into(), now).await?;
    }
    events::reservations(app, tx, &[(Some(before), next)]).await
}

/// Makes the units of a reservation available now: the loan may begin early, and the one before may be late.
async fn hand_over(
    app: &App,
    tx: &db::Transaction,
    (item, id): (ItemId, ReservationId),
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    expire(app, tx, item, now).await?;
    let units = db::units::of_item(tx, item).await?;
    let in_service: Vec<_> = units.iter().filter(|unit| !unit.out_of_service).map(|unit| unit.id).collect();
    let mut bookings = db::schedules::bookings(tx, &[item], now).await?.remove(&item).unwrap_or_default();
    for booking in bookings.iter_mut().filter(|booking| booking.reservation == id) {
        *booking = early(*booking, now);
    }
    let leaving = bookings.iter().filter(|booking| booking.reservation == id).count();
    let schedule = Schedule::new(in_service.clone(), bookings, now);
    let on_the_shelf = in_service.len().saturating_sub(schedule.in_use());
    let reason = || if leaving > on_the_shelf { AppError::StillOut } else { AppError::PromisedBefore };
    let moves = schedule.confined_to(&in_service).ok_or_else(reason)?;
    db::schedules::relocate(tx, &moves).await?;
    Ok(db::schedules::begin(tx, id, now).await?)
}

/// The booking as it is when the unit leaves now.
fn early(booking: Booking, now: DateTime<Utc>) -> Booking {
    let window = Window::new(booking.window.start().min(now), booking.window.end());
    Booking { window: window.unwrap_or(booking.window), ..booking }
}
