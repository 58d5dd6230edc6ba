use payment_api::{OperationKind, PaymentId, Provider};
use problem::{Kind, Problem};
use service_kit::caller::Caller;
use service_kit::http::{Keyed, Written};

use super::{App, AppError, settle};
use crate::db;
use crate::domain::operation::Outcome;
use crate::domain::payment::{Obstacle, Payment};

/// Notes that the payer has paid at the desk; said again, it changes nothing. `answer` is what the caller is told, now and
/// for the same key.
pub(crate) async fn paid(
    app: &App,
    caller: &Caller,
    id: PaymentId,
    keyed: &Keyed,
    answer: impl FnOnce(&Payment) -> Written,
) -> Result<Written, AppError> {
    if !caller.is_admin() {
        return Err(Problem::new(Kind::Forbidden).into());
    }
    paid_says_operator(app, id, keyed, answer).await
}

/// The same, said by the operator of the platform, who needs no account on it.
pub(crate) async fn paid_says_operator(
    app: &App,
    id: PaymentId,
    keyed: &Keyed,
    answer: impl FnOnce(&Payment) -> Written,
) -> Result<Written, AppError> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    if let Some(replayed) = keyed.replay(&tx, now).await? {
        return Ok(replayed);
    }
    let payment = db::payments::find_for_update(&tx, id).await?.ok_or(AppError::NoSuchPayment)?;
    let written = answer(&held(app, &tx, payment).await?);
    keyed.keep(&tx, &written, now).await?;
    tx.commit().await?;
    app.outbox.wake();
    Ok(written)
}

/// The payment with its money held, if it is one of the desk's that waits for that, or has got it.
async fn held(app: &App, tx: &db::Transaction, payment: Payment) -> Result<Payment, AppError> {
    if payment.terms.provider != Provider::Desk {
        return Err(AppError::NotAtTheDesk);
    }
    let waiting = payment.unsettled().filter(|operation| operation.kind == OperationKind::Authorise);
    match waiting.map(|operation| operation.id) {
        Some(operation) => settle::take_down(app, tx, payment, operation, Outcome::DONE).await,
        None if payment.amounts.authorised > 0 => Ok(payment),
        None => Err(Obstacle::State(payment.state()).into()),
    }
}
