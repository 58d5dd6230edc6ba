use chrono::{DateTime, Utc};
use events::NewEvent;
use order_api::{OrderState, StepKind};
use serde_json::{Value, json};

use crate::app::{App, AppError};
use crate::db;
use crate::db::leases::Lease;
use crate::domain::order::Order;

/// Writes down for others that an order was placed, in the transaction that places it.
pub(crate) async fn begun(app: &App, tx: &db::Transaction, order: &Order) -> Result<(), AppError> {
    tell(app, tx, None, order).await
}

/// Writes the order's next version over `before`, and what others are told of it. What is the same is no new version.
pub(crate) async fn save(
    app: &App,
    tx: &db::Transaction,
    before: &Order,
    next: Order,
    now: DateTime<Utc>,
) -> Result<Order, AppError> {
    if next == *before { Ok(next) } else { write(app, tx, before, next, None, now).await }
}

/// As [`save`], by the worker whose order it is and who keeps it or gives it back. It is overtaken when the order has another
/// version by now, or is another worker's.
pub(crate) async fn save_leased(
    app: &App,
    tx: &db::Transaction,
    before: &Order,
    next: Order,
    lease: &Lease,
    now: DateTime<Utc>,
) -> Result<Order, AppError> {
    if next != *before {
        return write(app, tx, before, next, Some(lease), now).await;
    }
    if lease.write(tx, next.id).await? { Ok(next) } else { Err(AppError::Overtaken) }
}

async fn write(
    app: &App,
    tx: &db::Transaction,
    before: &Order,
    next: Order,
    lease: Option<&Lease>,
    now: DateTime<Utc>,
) -> Result<Order, AppError> {
    let next = Order { version: before.version + 1, updated_at: now, ..next };
    let forgets_token = asks_for_money(before) && !asks_for_money(&next);
    let change = db::orders::Change { before, next: &next, lease, forgets_token };
    if !db::orders::update(tx, change).await? {
        return Err(AppError::Overtaken);
    }
    if seen(before) != seen(&next) {
        tell(app, tx, Some(before), &next).await?;
    }
    Ok(next)
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

async fn tell(app: &App, tx: &db::Transaction, before: Option<&Order>, order: &Order) -> Result<(), AppError> {
    db::history::insert(tx, order).await?;
    let event = NewEvent {
        id: app.clock.new_id::<Order>().uuid(),
        r#type: if before.is_some() { "order.changed" } else { "order.placed" },
        aggregate: "order",
        aggregate_id: order.id.uuid(),
        version: order.version,
        before: before.map(image),
        after: Some(image(order)),
        occurred_at: order.updated_at,
    };
    Ok(app.outbox.append(tx, event).await?)
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
