use std::collections::HashSet;

use chrono::{DateTime, Utc};
use events::NewEvent;
use order_api::{OrderId, OrderState, StepKind};
use serde_json::{Value, json};

use crate::app::{App, AppError};
use crate::db;
use crate::db::changes::Change;
use crate::db::leases::Lease;
use crate::domain::order::Order;

/// Writes down for others that an order was placed, in the transaction that places it.
pub(crate) async fn begun(app: &App, tx: &db::Transaction, order: &Order) -> Result<(), AppError> {
    tell(app, tx, &[(None, order)]).await
}

/// The order as the version after `before`. What is the same is no new version.
pub(crate) fn as_next(before: &Order, next: Order, now: DateTime<Utc>) -> Order {
    if next == *before { next } else { Order { version: before.version + 1, updated_at: now, ..next } }
}

/// Writes the order's next version over `before`, and what others are told of it.
pub(crate) async fn save(
    app: &App,
    tx: &db::Transaction,
    before: &Order,
    next: Order,
    now: DateTime<Utc>,
) -> Result<Order, AppError> {
    let next = as_next(before, next, now);
    if next.version == before.version {
        return Ok(next);
    }
    let change = change(before, &next);
    if !db::changes::update(tx, &change).await? {
        return Err(AppError::Overtaken);
    }
    tell_what_is_seen(app, tx, &[&change]).await?;
    Ok(next)
}

/// As [`save`], of several orders by the workers that have them and keep them or give them back: each as it was, as it is, and
/// what becomes of its lease. Answers which were written: the others have another version by now, or are another worker's.
pub(crate) async fn save_leased(
    app: &App,
    tx: &db::Transaction,
    orders: &[(&Order, &Order, Lease)],
) -> Result<HashSet<OrderId>, AppError> {
    let changes: Vec<_> = orders.iter().map(|(before, next, lease)| (change(before, next), *lease)).collect();
    let written = db::changes::update_leased(tx, &changes).await?;
    let changes = changes.iter().map(|(change, _)| change).filter(|change| written.contains(&change.next.id));
    tell_what_is_seen(app, tx, &changes.collect::<Vec<_>>()).await?;
    Ok(written)
}

fn change<'a>(before: &'a Order, next: &'a Order) -> Change<'a> {
    Change { before, next, forgets_token: asks_for_money(before) && !asks_for_money(next) }
}

/// Whether money has still to be held for the order, so that the payer's token is needed.
fn asks_for_money(order: &Order) -> bool {
    let held = order.steps.iter().find(|step| step.action.kind() == StepKind::Authorise);
    match held {
        Some(step) => step.progress.is_open(),
        None => order.stage.state() == OrderState::Pending,
    }
}

/// What readers of an order's events can see.
fn seen(order: &Order) -> (OrderState, Option<&str>, bool, bool) {
    (order.stage.state(), order.stage.reason(), order.is_settled(), order.is_stuck())
}

async fn tell_what_is_seen(app: &App, tx: &db::Transaction, changes: &[&Change<'_>]) -> Result<(), AppError> {
    let changes = changes.iter().filter(|change| seen(change.before) != seen(change.next));
    let told: Vec<_> = changes.map(|change| (Some(change.before), change.next)).collect();
    if told.is_empty() { Ok(()) } else { tell(app, tx, &told).await }
}

/// Each with what it was before, if it was.
async fn tell(app: &App, tx: &db::Transaction, told: &[(Option<&Order>, &Order)]) -> Result<(), AppError> {
    db::history::insert(tx, &told.iter().map(|(_, order)| *order).collect::<Vec<_>>()).await?;
    let events = told.iter().map(|(before, order)| NewEvent {
        id: app.clock.new_id::<Order>().uuid(),
        r#type: if before.is_some() { "order.changed" } else { "order.placed" },
        aggregate: "order",
        aggregate_id: order.id.uuid(),
        version: order.version,
        before: before.map(image),
        after: Some(image(order)),
        occurred_at: order.updated_at,
    });
    Ok(app.outbox.append_all(tx, events.collect()).await?)
}

/// The order as other services may know it: no text, no person besides ids.
fn image(order: &Order) -> Value {
    let items: Vec<_> = order.lines.iter().map(|line| line.item_id).collect();
    json!({
        "number": order.number,
        "borrower_id": order.borrower_id,
        "item_ids": items,
        "state": order.stage.state(),
        "settled": order.is_settled(),
        "stuck": order.is_stuck(),
    })
}
