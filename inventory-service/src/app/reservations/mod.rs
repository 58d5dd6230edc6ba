//! Reservations: things set aside, promised, handed over and taken back. Each use case takes the row of the item first, so
//! that those who want the same item stand in line, and nothing here waits for anything else.

mod free;
mod hold;
mod transition;

pub(crate) use free::free;
pub(crate) use hold::hold;
pub(crate) use transition::{release, transition};

use inventory_api::{ReservationId, UnitId};

use super::{App, AppError};
use crate::db;
use crate::db::reservations::Known;
use crate::domain::item::Item;
use crate::domain::reservation::Reservation;

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

/// The item of a reservation, held until the transaction ends.
async fn item(tx: &db::Transaction, id: vocabulary::ItemId) -> Result<Item, AppError> {
    db::items::find_for_update(tx, id).await?.ok_or(AppError::NoSuchItem)
}
