use order_api::OrderId;
use service_kit::caller::Caller;
use service_kit::http::{Keyed, Written};
use vocabulary::Currency;

use super::save;
use crate::app::{App, AppError};
use crate::db;
use crate::domain::order::{Order, Party};
use crate::domain::saga::{Decision, Event, Keep};

/// What people do to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    Cancel,
    Approve,
    Decline { reason: Option<String> },
    HandOver { note: Option<String> },
    TakeBack { note: Option<String>, keep: Option<(Keep, Currency)> },
}

/// What is answered to a change, and by which key it is known again.
pub(crate) struct Repeatable<'a> {
    pub(crate) keyed: &'a Keyed,
    pub(crate) answer: fn(&Order) -> Written,
}

/// Moves an order on, if the caller may and its state allows it. Who comes second reads what the first has done.
pub(crate) async fn act(
    app: &App,
    caller: &Caller,
    id: OrderId,
    act: Act,
    repeatable: Repeatable<'_>,
) -> Result<Written, AppError> {
    change(app, id, repeatable, |order| {
        concerned(caller, order)?;
        event(caller, order, act)
    })
    .await
}

/// Decides on a step that is stuck, if the caller is an administrator.
pub(crate) async fn decide(
    app: &App,
    caller: &Caller,
    (id, step): (OrderId, u32),
    decision: Decision,
    repeatable: Repeatable<'_>,
) -> Result<Written, AppError> {
    change(app, id, repeatable, |order| {
        concerned(caller, order)?;
        if caller.is_admin() {
            Ok(Event::Decided { step, decision })
        } else {
            Err(AppError::NotYours("Steps that are stuck are decided on by administrators."))
        }
    })
    .await
}

/// Decides on a step that is stuck, for the operator.
pub(crate) async fn decide_as_operator(
    app: &App,
    (id, step): (OrderId, u32),
    decision: Decision,
    repeatable: Repeatable<'_>,
) -> Result<Written, AppError> {
    change(app, id, repeatable, |_| Ok(Event::Decided { step, decision })).await
}

/// Refuses whom an order does not concern. Of others' orders nobody learns.
fn concerned(caller: &Caller, order: &Order) -> Result<(), AppError> {
    if order.concerns(caller.user_id) || caller.is_admin() { Ok(()) } else { Err(AppError::NoSuchOrder) }
}

async fn change(
    app: &App,
    id: OrderId,
    Repeatable { keyed, answer }: Repeatable<'_>,
    event: impl FnOnce(&Order) -> Result<Event, AppError>,
) -> Result<Written, AppError> {
    let tx = app.db.begin().await?;
    if let Some(replayed) = keyed.replay(&tx, app.clock.now()).await? {
        return Ok(replayed);
    }
    let order = db::orders::find_for_update(&tx, id).await?.ok_or(AppError::NoSuchOrder)?;
    let event = event(&order)?;
    let now = app.clock.now();
    let next = order.clone().decide(event, now)?;
    let written = answer(&save(app, &tx, &order, next, now).await?);
    keyed.keep(&tx, &written, now).await?;
    tx.commit().await?;
    app.work.ring();
    app.announce(id);
    Ok(written)
}

fn event(caller: &Caller, order: &Order, act: Act) -> Result<Event, AppError> {
    Ok(match act {
        Act::Cancel if order.borrower_id == caller.user_id || caller.is_admin() => Event::Cancelled,
        Act::Cancel => return Err(AppError::NotYours("An order is cancelled by whoever placed it.")),
        Act::Approve => Event::Approved(party(caller, order)?),
        Act::Decline { reason } => party(caller, order).map(|_| Event::Declined { reason })?,
        Act::HandOver { note } => Event::HandedOver { party: party(caller, order)?, note },
        Act::TakeBack { note, keep } => {
            let party = party(caller, order)?;
            let keep = keep.map(|(keep, currency)| kept(order, keep, currency)).transpose()?;
            Event::Returned { party, note, keep }
        }
    })
}

/// Whose things the caller speaks for.
fn party(caller: &Caller, order: &Order) -> Result<Party, AppError> {
    if order.lines.iter().any(|line| line.owner_id == caller.user_id) {
        return Ok(Party::Owner(caller.user_id));
    }
    if caller.is_admin() {
        return Ok(Party::All);
    }
    Err(AppError::NotYours("This is for the owners of the things that were ordered."))
}

fn kept(order: &Order, keep: Keep, currency: Currency) -> Result<Keep, AppError> {
    if order.currency == currency {
        return Ok(keep);
    }
    let detail = format!("The deposit is in {}.", order.currency);
    let field = problem::FieldProblem { pointer: "/keep/currency".to_owned(), code: "other_currency".into(), detail };
    Err(problem::Problem::invalid(vec![field]).into())
}
