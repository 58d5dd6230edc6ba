//! Asks participants. Every call may be repeated: holds are known by an id of ours, payments by order and step.

use chrono::TimeDelta;
use http::HeaderMap;
use inventory_api::{HoldRequest, ReservationError};
use payment_api::{
    AuthoriseRequest, OperationKind, OperationState, PartRequest, Payment, PaymentError, PaymentId, PaymentKey,
    PaymentState, VoidRequest,
};

use super::backoff::{after_failure, while_waiting};
use crate::app::{App, AppError};
use crate::db;
use crate::domain::line::Line;
use crate::domain::order::{HOLD_SECONDS, Order};
use crate::domain::saga::{ATTEMPTS, Answer, Command};
use crate::domain::step::Action;

/// What a participant has said, before it is decided when to ask again.
enum Said {
    Done,
    Refused(String),
    /// Somebody else has to move first.
    NotNow(String),
    Nothing(String),
    /// The payment service waits for an answer itself.
    Unknown(String),
    NotYet(String),
}

/// What came of asking.
pub(super) struct Performed {
    pub(super) answer: Answer,
    /// The order's payment, if it was asked about.
    pub(super) payment: Option<PaymentId>,
}

pub(super) async fn perform(app: &App, order: &Order, command: Command) -> Result<Performed, AppError> {
    let (said, payment) = match command.action.line().and_then(|line| order.lines.get(line)) {
        Some(line) => (on_things(app, order, line, command.action).await, None),
        None => on_money(app, order, command).await?,
    };
    let now = app.clock.now();
    let answer = match said {
        Said::Done => Answer::Done,
        Said::Refused(why) => Answer::Refused(why),
        Said::NotNow(why) => Answer::NotNow(why),
        Said::Nothing(why) => Answer::None { why, wait: after_failure(attempts(order, command.step), &app.randomness) },
        Said::Unknown(why) => Answer::Unknown { why, wait: until_known(order, command.step, app) },
        Said::NotYet(why) => Answer::NotYet { why, wait: while_waiting(order.created_at, now) },
    };
    Ok(Performed { answer, payment })
}

fn attempts(order: &Order, number: u32) -> u32 {
    let step = order.steps.iter().find(|step| step.number == number);
    step.map_or(0, |step| step.progress.attempts())
}

/// Before a step is stuck, twice as long as after no answer: it was answered, and whoever is asked there has to come back.
fn until_known(order: &Order, number: u32, app: &App) -> TimeDelta {
    match attempts(order, number) {
        attempts if attempts < ATTEMPTS => after_failure(attempts + 1, &app.randomness),
        _ => while_waiting(order.created_at, app.clock.now()),
    }
}

async fn on_things(app: &App, order: &Order, line: &Line, action: Action) -> Said {
    let (id, context) = (line.reservation_id, HeaderMap::new());
    let inventory = &app.inventory;
    let answered = match action {
        Action::Reserve { .. } => inventory.hold(id, &hold(order, line), &context).await.map(drop),
        Action::Confirm { .. } => inventory.confirm(id, &context).await.map(drop),
        Action::CheckOut { .. } => inventory.check_out(id, line.check_out_note.as_deref(), &context).await.map(drop),
        Action::TakeBack { .. } => inventory.take_back(id, line.return_note.as_deref(), &context).await.map(drop),
        Action::Release { .. } => inventory.release(id, &context).await,
        Action::Authorise | Action::Capture { .. } | Action::Void | Action::Refund { .. } => Ok(()),
    };
    match answered {
        Ok(()) => Said::Done,
        Err(ReservationError::Conflict(why)) if matches!(action, Action::CheckOut { .. }) => Said::NotNow(why),
        Err(ReservationError::Missing(why) | ReservationError::Conflict(why) | ReservationError::Refused(why)) => {
            Said::Refused(why)
        }
        Err(error @ ReservationError::Unavailable(_)) => {
            tracing::info!(order_id = %order.id, error = %error, "the inventory did not answer");
            Said::Nothing("The inventory did not answer.".to_owned())
        }
    }
}

fn hold(order: &Order, line: &Line) -> HoldRequest {
    HoldRequest {
        item_id: Some(line.item_id),
        units: Some(line.units.into()),
        period: line.period.map(Into::into),
        borrower_id: Some(order.borrower_id),
        ttl_seconds: Some(HOLD_SECONDS),
    }
}

async fn on_money(app: &App, order: &Order, command: Command) -> Result<(Said, Option<PaymentId>), AppError> {
    let key = PaymentKey::new(order.id, "authorise");
    let context = HeaderMap::new();
    let step = format!("{}-{}", command.action.kind().as_str(), command.step);
    let answered = match command.action {
        Action::Capture { amount } => {
            let part = PartRequest::new(&*step, order.money(amount));
            app.payments.capture(&key, &part, &context).await.map(Some)
        }
        Action::Refund { amount } => {
            app.payments.refund(&key, &PartRequest::new(&*step, order.money(amount)), &context).await
        }
        Action::Void => app.payments.void(&key, &VoidRequest::new(&*step), &context).await,
        _ => authorise(app, order, &key, command.again).await?.map(Some),
    };
    let payment = answered.as_ref().ok().and_then(Option::as_ref).map(|payment| payment.id);
    let said = match answered {
        Ok(None) => Said::Done,
        Ok(Some(payment)) if command.action == Action::Authorise => authorised(&payment),
        Ok(Some(payment)) => operated(&payment, command.action, &step),
        // Whoever works on it waits for the provider.
        Err(PaymentError::InFlight) => Said::Unknown("The payment is being worked on.".to_owned()),
        Err(PaymentError::Missing(why) | PaymentError::Conflict(why) | PaymentError::Refused(why)) => {
            Said::Refused(why)
        }
        Err(error @ PaymentError::Unavailable(_)) => {
            tracing::info!(order_id = %order.id, error = %error, "the payment service did not answer");
            Said::Nothing("The payment service did not answer.".to_owned())
        }
    };
    Ok((said, payment))
}

/// Asks for the money. If that was asked for before, the key tells what came of it: a timeout is not a failure.
async fn authorise(
    app: &App,
    order: &Order,
    key: &PaymentKey,
    again: bool,
) -> Result<Result<Payment, PaymentError>, AppError> {
    let context = HeaderMap::new();
    if again {
        match app.payments.find(key, &context).await {
            Err(PaymentError::Missing(_)) => {}
            known => return Ok(known),
        }
    }
    let request = AuthoriseRequest {
        order_id: Some(order.id),
        step: Some(key.step.clone()),
        payer_id: Some(order.borrower_id),
        amount: Some(order.money(order.total())),
        deposit: Some(order.money(order.deposit_total())),
        provider: order.provider,
        token: db::orders::payment_token(app.db.read(), order.id).await?,
    };
    Ok(app.payments.authorise(&request, &context).await)
}

fn authorised(payment: &Payment) -> Said {
    match payment.state {
        PaymentState::Authorised | PaymentState::Captured => Said::Done,
        PaymentState::Created => Said::NotYet(match &payment.action_url {
            Some(url) => format!("The payer has to approve it at {url}"),
            None => "It has still to be paid.".to_owned(),
        }),
        PaymentState::Unknown => Said::Unknown("It is not known yet whether the money is held.".to_owned()),
        PaymentState::Failed => {
            let failure = payment.failure.as_ref().map(|failure| failure.detail.clone());
            Said::Refused(failure.unwrap_or_else(|| "The payment was refused.".to_owned()))
        }
        PaymentState::Voided | PaymentState::Refunded => Said::Refused("The money was released before.".to_owned()),
    }
}

/// What came of an operation that was asked for by this step.
fn operated(payment: &Payment, action: Action, step: &str) -> Said {
    let kind = match action {
        Action::Capture { .. } => OperationKind::Capture,
        Action::Refund { .. } => OperationKind::Refund,
        _ => OperationKind::Void,
    };
    match payment.operation(kind, step) {
        Some(operation) => match operation.state {
            OperationState::Done => Said::Done,
            OperationState::Pending => Said::NotYet("It is being worked on.".to_owned()),
            OperationState::Unknown => Said::Unknown("It is not known yet whether the money has moved.".to_owned()),
            OperationState::Failed => {
                Said::Refused(operation.failure.clone().unwrap_or_else(|| "The provider refused it.".to_owned()))
            }
        },
        // Releasing what is not held any more is no operation of its own.
        None if kind == OperationKind::Void => Said::Done,
        None => Said::Nothing("The payment service has answered without doing it.".to_owned()),
    }
}
