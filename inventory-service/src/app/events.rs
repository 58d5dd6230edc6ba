//! What other services are told of items and reservations, in the transaction of the change: ids, numbers and states, no
//! text and no person besides ids.

use events::NewEvent;
use serde_json::{Value, json};

use super::{App, AppError};
use crate::db;
use crate::domain::item::Item;
use crate::domain::period::Window;
use crate::domain::reservation::Reservation;

/// Tells what has become of items; none before if it is new.
pub(super) async fn items(app: &App, tx: &db::Transaction, changes: &[(Option<&Item>, &Item)]) -> Result<(), AppError> {
    let events = changes.iter().map(|(before, after)| NewEvent {
        id: app.clock.new_id::<Item>().uuid(),
        r#type: match before {
            None => "item.created",
            Some(_) if after.is_retired() => "item.retired",
            Some(_) => "item.changed",
        },
        aggregate: "item",
        aggregate_id: after.id.uuid(),
        version: after.version,
        before: before.map(item),
        after: Some(item(after)),
        occurred_at: after.updated_at,
    });
    Ok(app.outbox.append_all(tx, events.collect()).await?)
}

/// Tells what has become of reservations; none before if it is new.
pub(super) async fn reservations(
    app: &App,
    tx: &db::Transaction,
    changes: &[(Option<&Reservation>, &Reservation)],
) -> Result<(), AppError> {
    let events = changes.iter().map(|(before, after)| NewEvent {
        id: app.clock.new_id::<Reservation>().uuid(),
        r#type: if before.is_some() { "reservation.changed" } else { "reservation.held" },
        aggregate: "reservation",
        aggregate_id: after.id.uuid(),
        version: after.version,
        before: before.map(reservation),
        after: Some(reservation(after)),
        occurred_at: after.updated_at,
    });
    Ok(app.outbox.append_all(tx, events.collect()).await?)
}

fn item(item: &Item) -> Value {
    let content = &item.content;
    json!({
        "owner_id": item.owner_id,
        "category": content.category.slug.as_str(),
        "offer": content.terms.offer.kind(),
        "status": content.status,
    })
}

fn reservation(reservation: &Reservation) -> Value {
    json!({
        "item_id": reservation.item_id,
        "borrower_id": reservation.borrower_id,
        "units": reservation.units,
        "starts_at": reservation.period.map(Window::start),
        "ends_at": reservation.period.map(Window::end),
        "state": reservation.stage.state(),
    })
}
