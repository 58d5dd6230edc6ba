//! A worker's turn: take an order that has something to do, ask for its steps one after another, and give it back. Each
//! answer is written down in one transaction with what follows from it and with the beginning of the next step.

mod backoff;
mod perform;

use std::time::Duration;

use order_api::OrderId;
use payment_api::PaymentId;
use uuid::Uuid;

use self::perform::Performed;
use super::orders::save;
use super::{App, AppError};
use crate::db;
use crate::domain::order::Order;
use crate::domain::saga::{Command, Event};

/// How long a worker keeps an order without writing: longer than any call to a participant, and short enough that an order
/// whose worker has died goes on soon.
const LEASE: Duration = Duration::from_secs(20);

/// Does what one order has to do now. Answers whether there was any.
pub(crate) async fn turn(app: &App, worker: Uuid) -> Result<bool, AppError> {
    if !db::leases::any_due(app.db.read(), app.clock.now()).await? {
        return Ok(false);
    }
    let Some((mut order, mut command)) = claim(app, worker).await? else { return Ok(false) };
    while let Some(asked) = command {
        let Performed { answer, payment } = perform::perform(app, &order, asked).await?;
        let event = Event::Answered { step: asked.step, answer };
        order.payment_id = payment.or(order.payment_id);
        (order, command) = go_on(app, worker, order, event).await?;
    }
    Ok(true)
}

async fn claim(app: &App, worker: Uuid) -> Result<Option<(Order, Option<Command>)>, AppError> {
    let tx = app.db.begin().await?;
    let now = app.clock.now();
    let Some(id) = db::leases::claim(&tx, worker, now, now + LEASE).await? else { return Ok(None) };
    let turned = step(app, tx, (worker, id), Event::Looked, None).await?;
    Ok(Some(turned))
}

/// Notes an answer, if the order is still this worker's: if it is another's by now, that one asks again.
async fn go_on(app: &App, worker: Uuid, order: Order, event: Event) -> Result<(Order, Option<Command>), AppError> {
    let tx = app.db.begin().await?;
    if !db::leases::renew(&tx, order.id, worker, app.clock.now() + LEASE).await? {
        tracing::warn!(order_id = %order.id, "an answer came after its order was given to another worker");
        return Ok((order, None));
    }
    step(app, tx, (worker, order.id), event, order.payment_id).await
}

async fn step(
    app: &App,
    tx: db::Transaction,
    (worker, id): (Uuid, OrderId),
    event: Event,
    payment: Option<PaymentId>,
) -> Result<(Order, Option<Command>), AppError> {
    let now = app.clock.now();
    let before = db::orders::find_for_update(&tx, id).await?.ok_or(AppError::NoSuchOrder)?;
    let mut next = before.clone().decide(event, now)?;
    next.payment_id = payment.or(before.payment_id);
    let command = next.begin(now);
    let saved = save(app, &tx, &before, next, now).await?;
    if command.is_none() {
        db::leases::release(&tx, id, worker).await?;
    }
    tx.commit().await?;
    if saved.version != before.version {
        app.announce(id);
    }
    Ok((saved, command))
}
