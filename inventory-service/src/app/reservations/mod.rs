//! Reservations: things set aside, promised, handed over and taken back. Each use case takes the row of the item first, so
//! that those who want the same item stand in line, and nothing here waits for anything else.

mod free;
mod hold;
mod transition;

pub(crate) use free::free;
pub(crate) use hold::hold;
pub(crate) use transition::{release, transition};

use chrono::{DateTime, Utc};
use inventory_api::{ReservationId, UnitId};

use super::{App, AppError, events};
use crate::db;
use crate::db::reservations::Known;
use crate::domain::reservation::{Reservation, Stage};

/// A reservation with its units.
#[derive(Debug, Clone)]
pub(crate) struct Reserved {
    pub(crate) reservation: Reservation,
    pub(crate) units: Vec<UnitId>,
}

/// The reservation as it is now.
pub(crate) async fn get(app: &App, id: ReservationId) -> Result<Reserved, AppError> {
    match db::reservations::find(app.db.read(), id).await? {
        Some(Known::Reservation(reservation)) => {
            let units = db::schedules::units_of(app.db.read(), id).await?;
            Ok(Reserved { reservation, units })
        }
        Some(Known::Tombstone) | None => Err(AppError::NoSuchReservation),
    }
}

/// Writes down that holds of the item have lapsed, and tells of them. Answers how many pieces of its stock that sets free.
pub(super) async fn expire(
    app: &App,
    tx: &db::Transaction,
    item: vocabulary::ItemId,
    now: DateTime<Utc>,
) -> Result<i64, AppError> {
    let lapsed = db::reservations::expire(tx, item, now).await?;
    let after: Vec<_> = lapsed.iter().map(|held| held.clone().stepped(Stage::Expired, now)).collect();
    let news: Vec<_> = lapsed.iter().map(Some).zip(&after).collect();
    events::reservations(app, tx, &news).await?;
    let pieces = lapsed.iter().filter(|held| held.period.is_none()).map(|held| i64::from(held.units));
    Ok(pieces.sum())
}
