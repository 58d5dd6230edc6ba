//! A worker's turn: take an order that has something to do, ask for its steps one after another, and give it back. Each
//! answer is written down in one transaction with what follows from it and with the beginning of the next step.

mod backoff;
mod perform;

use std::time::Duration;

use payment_api::PaymentId;
use uuid::Uuid;

use self::perform::Performed;
use super::orders::save_leased;
use super::{App, AppError};
use crate::db;
use crate::db::leases::Lease;
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
        let answered = Event::Answered { step: asked.step, answer };
        (order, command) = go_on(app, worker, order, &answered, payment).await?;
    }
    Ok(true)
}

async fn claim(app: &App, worker: Uuid) -> Result<Option<(Order, Option<Command>)>, AppError> {
    let tx = app.db.begin().await?;
    let now = app.clock.now();
    let Some(order) = db::leases::claim(&tx, worker, now, now + LEASE).await? else { return Ok(None) };
    step(app, tx, worker, &order, Event::Looked, None).await.map(Some)
}

/// Notes an answer. Almost always the order is as this worker has left it, and need not be read for that.
async fn go_on(
    app: &App,
    worker: Uuid,
    order: Order,
    answered: &Event,
    payment: Option<PaymentId>,
) -> Result<(Order, Option<Command>), AppError> {
    match step(app, app.db.begin().await?, worker, &order, answered.clone(), payment).await {
        Err(AppError::Overtaken) => {}
        noted => return noted,
    }
    let tx = app.db.begin().await?;
    let Some(moved_on) = db::orders::find_leased(&tx, order.id, &Lease { worker, until: None }).await? else {
        // That one asks again.
        tracing::warn!(order_id = %order.id, "an answer came after its order was given to another worker");
        return Ok((order, None));
    };
    step(app, tx, worker, &moved_on, answered.clone(), payment).await
}

/// Writes down what follows from an event, with the beginning of the next step if there is one.
async fn step(
    app: &App,
    tx: db::Transaction,
    worker: Uuid,
    before: &Order,
    event: Event,
    payment: Option<PaymentId>,
) -> Result<(Order, Option<Command>), AppError> {
    let now = app.clock.now();
    let mut next = before.clone().decide(event, now)?;
    next.payment_id = payment.or(before.payment_id);
    let command = next.begin(now);
    let lease = Lease { worker, until: command.is_some().then(|| now + LEASE) };
    let saved = match save_leased(app, &tx, before, next, &lease, now).await {
        Ok(saved) => saved,
        Err(error) => {
            // What it has locked is free before anybody goes on.
            tx.rollback().await?;
            return Err(error);
        }
    };
    tx.commit().await?;
    if saved.version != before.version {
        app.announce(saved.id);
    }
    Ok((saved, command))
}
