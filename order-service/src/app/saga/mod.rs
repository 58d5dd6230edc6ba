//! A worker's turn: take an order that has something to do, ask for its steps one after another, and give it back. Each
//! answer is written down in one transaction with what follows from it and with the beginning of the next step.

mod backoff;
mod commits;
mod perform;
mod work;

use std::time::Duration;

use chrono::{DateTime, Utc};
use payment_api::PaymentId;

pub(crate) use self::commits::Commits;
use self::commits::Entry;
use self::perform::Performed;
pub(crate) use self::work::Work;
use super::orders::as_next;
use super::{App, AppError};
use crate::db;
use crate::db::leases::Lease;
use crate::domain::order::Order;
use crate::domain::saga::{Command, Event};

/// How long a worker keeps an order without writing: longer than any call to a participant, and short enough that an order
/// whose worker has died goes on soon.
const LEASE: Duration = Duration::from_secs(20);

/// How many orders are claimed together: what a claim costs is shared by them. The workers of this process divide them.
const TOGETHER: usize = 8;

/// Does what one order has to do now. Answers whether there was any. The database is asked for one only if
/// [`Work::ring`] was heard since.
pub(crate) async fn turn(app: &App) -> Result<bool, AppError> {
    let found = match app.work.take(app.clock.now() + LEASE / 2) {
        None if app.work.may_be_due() => claim(app).await?,
        leased => leased,
    };
    let Some((order, lease)) = found else { return Ok(false) };
    let (mut order, mut command) = look(app, order, &lease).await?;
    while let Some(asked) = command {
        let Performed { answer, payment } = perform::perform(app, &order, asked).await?;
        let answered = Event::Answered { step: asked.step, answer };
        (order, command) = go_on(app, &lease, order, &answered, payment).await?;
    }
    Ok(true)
}

/// Does what is leased to this process and is still to be done, when it stops.
pub(crate) async fn finish(app: &App) -> Result<(), AppError> {
    while !app.work.close() {
        turn(app).await?;
    }
    Ok(())
}

/// The lease of an order that is about to be placed, if it has something to do at once and this process has room for it.
pub(crate) fn lease_of_new(app: &App, order: &Order, now: DateTime<Utc>) -> Option<Lease> {
    let is_due = order.due_at().is_some_and(|due| due <= now);
    (is_due && app.work.has_room()).then(|| new_lease(app, now))
}

fn new_lease(app: &App, now: DateTime<Utc>) -> Lease {
    Lease { worker: app.clock.new_id::<Lease>().uuid(), until: Some(now + LEASE) }
}

/// The first of those that were claimed; the others wait for the workers of this process.
async fn claim(app: &App) -> Result<Option<(Order, Lease)>, AppError> {
    let now = app.clock.now();
    if !db::leases::any_due(app.db.read(), now).await? {
        return Ok(None);
    }
    let lease = new_lease(app, now);
    let tx = app.db.begin().await?;
    let claimed = db::leases::claim(&tx, &lease, now, TOGETHER).await?;
    tx.commit().await?;
    if claimed.len() == TOGETHER {
        // There may be more.
        app.work.ring();
    }
    let mut claimed = claimed.into_iter();
    let first = claimed.next();
    for other in claimed {
        app.work.put(other, lease);
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
    mut order: Order,
    event: &Event,
    payment: Option<PaymentId>,
) -> Result<(Order, Option<Command>), AppError> {
    loop {
        match step(app, lease, &order, event.clone(), payment).await {
            Err(AppError::Overtaken) => {}
            noted => return noted,
        }
        let tx = app.db.begin().await?;
        let Some(moved_on) = db::orders::find_leased(&tx, order.id, lease).await? else {
            // That one asks again.
            tracing::warn!(order_id = %order.id, "an answer came after its order was given to another worker");
            return Ok((order, None));
        };
        tx.commit().await?;
        order = moved_on;
    }
}

/// Writes down what follows from an event, with the beginning of the next step if there is one.
async fn step(
    app: &App,
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
    let entry = Entry { before: before.clone(), next: as_next(before, next, now), lease };
    let saved = app.commits.write(app, entry).await?;
    if saved.version != before.version {
        app.announce(saved.id);
    }
    Ok((saved, command))
}
