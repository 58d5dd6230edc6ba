use payment_api::{OperationKind, OperationState, PaymentId};

use super::{App, AppError, resolve, settle};
use crate::db;
use crate::db::payments::Meaning;
use crate::domain::operation::Outcome;
use crate::domain::payment::{Obstacle, Payment};
use crate::domain::request::Part;
use crate::domain::step::{Key, Step};
use crate::providers::Answer;

/// Takes a part of what is held.
pub(crate) async fn capture(app: &App, key: &Key, part: &Part) -> Result<Payment, AppError> {
    let Some(id) = payment_of(app, key).await? else { return Err(AppError::NoSuchPayment) };
    run(app, id, OperationKind::Capture, &part.step, Some(part)).await
}

/// Gives back a part of what was taken; a key that nothing was asked for with is buried, and there is no payment.
pub(crate) async fn refund(app: &App, key: &Key, part: &Part) -> Result<Option<Payment>, AppError> {
    let Some(id) = payment_or_tombstone(app, key).await? else { return Ok(None) };
    run(app, id, OperationKind::Refund, &part.step, Some(part)).await.map(Some)
}

/// Releases all that is held; a key that nothing was asked for with is buried, and there is no payment.
pub(crate) async fn void(app: &App, key: &Key, step: &Step) -> Result<Option<Payment>, AppError> {
    let Some(id) = payment_or_tombstone(app, key).await? else { return Ok(None) };
    run(app, id, OperationKind::Void, step, None).await.map(Some)
}

async fn payment_of(app: &App, key: &Key) -> Result<Option<PaymentId>, AppError> {
    match db::payments::meaning(app.db.read(), key).await? {
        Some(Meaning::Payment(id)) => Ok(Some(id)),
        Some(Meaning::Tombstone | Meaning::Fresh) | None => Ok(None),
    }
}

async fn payment_or_tombstone(app: &App, key: &Key) -> Result<Option<PaymentId>, AppError> {
    let tx = app.db.begin().await?;
    let meaning = db::payments::take_key(&tx, key, None).await?;
    tx.commit().await?;
    match meaning {
        Meaning::Payment(id) => Ok(Some(id)),
        Meaning::Fresh | Meaning::Tombstone => Ok(None),
    }
}

/// Does what the step asks for, once. What stands in the way without an answer is asked after first.
async fn run(
    app: &App,
    id: PaymentId,
    kind: OperationKind,
    step: &Step,
    part: Option<&Part>,
) -> Result<Payment, AppError> {
    match attempt(app, id, kind, step, part).await {
        Err(AppError::Busy) => {
            resolve::resolve(app, id).await?;
            attempt(app, id, kind, step, part).await
        }
        outcome => outcome,
    }
}

async fn attempt(
    app: &App,
    id: PaymentId,
    kind: OperationKind,
    step: &Step,
    part: Option<&Part>,
) -> Result<Payment, AppError> {
    let tx = app.db.begin().await?;
    let mut payment = db::payments::find_for_update(&tx, id).await?.ok_or(AppError::NoSuchPayment)?;
    if let Some(part) = part {
        part.check_currency(payment.terms.currency)?;
    }
    let asked = part.map(|part| part.amount.amount_minor);
    if let Some(known) = payment.operation(kind, step) {
        if asked.is_some_and(|asked| asked != known.amount) {
            return Err(AppError::KeyReused);
        }
        // In somebody's hands just now.
        let begun = known.attempts == 0 && !known.is_settled();
        tx.rollback().await?;
        return if begun && !known.is_due(app.clock.now()) {
            Err(AppError::Busy)
        } else {
            ended(resolve::resolve(app, id).await?, kind, step)
        };
    }
    let amount = payment.admit(kind, asked)?;
    let waiting = payment.unsettled().is_some();
    let operation_id = app.clock.new_id::<Payment>().uuid();
    let operation = payment.begin(operation_id, kind, step.clone(), app.clock.now());
    operation.amount = amount;
    let operation = operation.clone();
    db::payments::insert_operation(&tx, id, &operation).await?;
    if amount == 0 && !waiting {
        // There is nothing to release.
        let done = Outcome::DONE;
        let payment = settle::take_down(app, &tx, payment, operation_id, done).await?;
        tx.commit().await?;
        return Ok(payment);
    }
    tx.commit().await?;
    let answer = app.providers.carry_out(&payment, &operation, None).await;
    ended(settle::settle(app, &payment, operation_id, answer).await?, kind, step)
}

/// The payment, unless the provider has refused what the step asked for.
fn ended(payment: Payment, kind: OperationKind, step: &Step) -> Result<Payment, AppError> {
    match payment.operation(kind, step) {
        Some(operation) if operation.state == OperationState::Failed => {
            Err(AppError::ProviderRefused(operation.failure.clone().unwrap_or_default()))
        }
        _ => Ok(payment),
    }
}

/// Begins a renewal of a hold that is too old, and takes down what comes of it.
pub(super) async fn renew(app: &App, id: PaymentId) -> Result<(), AppError> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let mut payment = db::payments::find_for_update(&tx, id).await?.ok_or(AppError::NoSuchPayment)?;
    if payment.renew_at.is_none_or(|at| at > now) {
        return Ok(());
    }
    let held = match payment.admit(OperationKind::Renew, None) {
        Ok(held) if held > 0 => held,
        Err(Obstacle::Busy) => return Ok(()),
        _ => {
            let young = Payment { renew_at: None, ..payment.clone() };
            db::payments::save(&tx, &payment, young).await?;
            return Ok(tx.commit().await?);
        }
    };
    let renewals = payment.operations.iter().filter(|operation| operation.kind == OperationKind::Renew).count();
    let operation_id = app.clock.new_id::<Payment>().uuid();
    let operation = payment.begin(operation_id, OperationKind::Renew, Step::renewal(renewals + 1), now);
    operation.amount = held;
    let operation = operation.clone();
    db::payments::insert_operation(&tx, id, &operation).await?;
    tx.commit().await?;
    let Answer { outcome, .. } = app.providers.carry_out(&payment, &operation, None).await;
    settle::settle(app, &payment, operation_id, Answer { told: Vec::new(), outcome }).await.map(drop)
}
