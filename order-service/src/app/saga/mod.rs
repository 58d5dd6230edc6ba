//! A worker's turn: take an order that has something to do, ask for its steps one after another, and give it back. Each
//! answer is written down in one transaction with what follows from it and with the beginning of the next step.

mod backoff;
mod claimed;
mod perform;

use std::time::Duration;

use payment_api::PaymentId;

pub(crate) use self::claimed::Claimed;
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

/// How many orders are claimed together: what a claim costs is shared by them. The workers of this process divide them.
const TOGETHER: u64 = 8;

/// Does what one order has to do now. Answers whether there was any.
pub(crate) async fn turn(app: &App) -> Result<bool, AppError> {
    let given = app.claimed.take(app.clock.now() + LEASE / 2);
    let Some((order, lease)) = (match given {
        None => claim(app).await?,
        given => given,
    }) else {
        return Ok(false);
    };
    let (mut order, mut command) = look(app, order, &lease).await?;
    while let Some(asked) = command {
        let Performed { answer, payment } = perform::perform(app, &order, asked).await?;
        let answered = Event::Answered { step: asked.step, answer };
        (order, command) = go_on(app, &lease, order, &answered, payment).await?;
    }
    Ok(true)
}

/// Does what was claimed and is still to be done, when the process stops.
pub(crate) async fn finish(app: &App) -> Result<(), AppError> {
    while app.claimed.any() {
        turn(app).await?;
    }
    Ok(())
}

/// The first of those that were claimed; the others wait for the workers of this process.
async fn claim(app: &App) -> Result<Option<(Order, Lease)>, AppError> {
    let now = app.clock.now();
    if !db::leases::any_due(app.db.read(), now).await? {
        return Ok(None);
    }
    let lease = Lease { worker: app.clock.new_id::<Lease>().uuid(), until: Some(now + LEASE) };
    let tx = app.db.begin().await?;
    let mut claimed = db::leases::claim(&tx, &lease, now, TOGETHER).await?.into_iter();
    tx.commit().await?;
    let first = claimed.next();
    for other in claimed {
        app.claimed.put(other, lease);
        app.work.notify_one();
    }
    Ok(first.map(|order| (order, lease)))
}

/// What an order that was just claimed has to ask for. Almost always that was written down before.
async fn look(app: &App, order: Order, lease: &Lease) -> Result<(Order, Option<Command>), AppError> {
    let now = app.clock.now();
    let mut next = order.clone().decide(Event::Looked, now)?;
    match next.begin(now) {
        Some(command) if next == order => Ok((order, Some(command))),
        _ => go_on(app, lease, order, &Event::Looked, None).await,
    }
}

/// Notes what has happened. Almost always the order is as this worker has left it, and need not be read for that.
async fn go_on(
    app: &App,
    lease: &Lease,
    order: Order,
    event: &Event,
    payment: Option<PaymentId>,
) -> Result<(Order, Option<Command>), AppError> {
    match step(app, app.db.begin().await?, lease, &order, event.clone(), payment).await {
        Err(AppError::Overtaken) => {}
        noted => return noted,
    }
    let tx = app.db.begin().await?;
    let Some(moved_on) = db::orders::find_leased(&tx, order.id, lease).await? else {
        // That one asks again.
        tracing::warn!(order_id = %order.id, "an answer came after its order was given to another worker");
        return Ok((order, None));
    };
    step(app, tx, lease, &moved_on, event.clone(), payment).await
}

/// Writes down what follows from an event, with the beginning of the next step if there is one.
async fn step(
    app: &App,
    tx: db::Transaction,
    lease: &Lease,
    before: &Order,
    event: Event,
    payment: Option<PaymentId>,
) -> Result<(Order, Option<Command>), AppError> {
    let now = app.clock.now();
    let mut next = before.clone().decide(event, now)?;
    next.payment_id = payment.or(before.payment_id);
    let command = next.begin(now);
    let lease = Lease { until: command.is_some().then(|| now + LEASE), ..*lease };
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
