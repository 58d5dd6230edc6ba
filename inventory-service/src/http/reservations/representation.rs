use chrono::{DateTime, Utc};
use inventory_api::{Period, Reservation as Wire};
use service_kit::http::Written;

use crate::app::reservations::Reserved;

/// The reservation as services see it at a moment.
pub(super) fn wire(Reserved { reservation, units }: &Reserved, now: DateTime<Utc>) -> Wire {
    let stage = reservation.stage.clone().at(now);
    let (check_out_note, return_note) = stage.notes();
    Wire {
        id: reservation.id,
        item_id: reservation.item_id,
        borrower_id: reservation.borrower_id,
        units: reservation.units,
        period: reservation.period.map(|period| Period { start: period.start(), end: period.end() }),
        state: stage.state(),
        expires_at: stage.expires_at(),
        unit_ids: units.clone(),
        check_out_note: check_out_note.map(ToOwned::to_owned),
        return_note: return_note.map(ToOwned::to_owned),
        version: reservation.version,
        created_at: reservation.created_at,
        updated_at: reservation.updated_at,
    }
}

/// The answer to a transition.
pub(super) fn changed(reserved: &Reserved, now: DateTime<Utc>) -> Written {
    let written = Written::changed(&wire(reserved, now)).version(reserved.reservation.version);
    written.invalidates(&groups(reserved))
}

/// The cache groups of what a reservation changes: the item's days, and of what is sold the stock that lists show.
pub(super) fn groups(Reserved { reservation, .. }: &Reserved) -> Vec<String> {
    let item = format!("item:{}", reservation.item_id);
    if reservation.period.is_some() { vec![item] } else { vec!["items".to_owned(), item] }
}
