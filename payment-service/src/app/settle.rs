use events::NewEvent;
use payment_api::{OperationKind, OperationState};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{App, AppError, notify};
use crate::db;
use crate::domain::ledger::postings;
use crate::domain::operation::Outcome;
use crate::domain::payment::Payment;
use crate::providers::Answer;

/// Takes down what a provider has told and answered, and answers the payment as it is then.
pub(super) async fn settle(app: &App, payment: &Payment, operation: Uuid, answer: Answer) -> Result<Payment, AppError> {
    for notice in answer.told {
        notify::notify(app, notice).await?;
    }
    let tx = app.db.begin().await?;
    let payment = db::payments::find_for_update(&tx, payment.id).await?.ok_or(AppError::NoSuchPayment)?;
    finish(app, tx, payment, operation, answer.outcome).await
}

/// As [`settle`], of a payment as this process has just written it. Almost always it still is, and is not read for that.
pub(super) async fn settle_new(
    app: &App,
    payment: Payment,
    operation: Uuid,
    answer: Answer,
) -> Result<Payment, AppError> {
    if answer.told.is_empty() {
        let tx = app.db.begin().await?;
        // Held before anything is written, as whoever else settles it does: neither waits for the other.
        if db::payments::hold_as_it_is(&tx, &payment).await? {
            return finish(app, tx, payment, operation, answer.outcome).await;
        }
        tx.rollback().await?;
    }
    settle(app, &payment, operation, answer).await
}

async fn finish(
    app: &App,
    tx: db::Transaction,
    payment: Payment,
    operation: Uuid,
    outcome: Outcome,
) -> Result<Payment, AppError> {
    let payment = take_down(app, &tx, payment, operation, outcome).await?;
    tx.commit().await?;
    app.outbox.wake();
    Ok(payment)
}

/// Writes an outcome, its rows in the ledger and its event, in one transaction that holds the payment.
pub(super) async fn take_down(
    app: &App,
    tx: &db::Transaction,
    before: Payment,
    operation: Uuid,
    outcome: Outcome,
) -> Result<Payment, AppError> {
    let Some(index) = before.operations.iter().position(|known| known.id == operation) else {
        return Ok(before);
    };
    if before.operations[index].is_settled() {
        return Ok(before);
    }
    let now = app.clock.now();
    let mut after = before.clone();
    if after.operations[index].kind == OperationKind::Void {
        // What waited when it was called off may have been held since.
        after.operations[index].amount = after.amounts.held();
    }
    let lapsed = matches!(outcome, Outcome::Done { lapsed: true, .. });
    after.take_down(index, outcome, now);
    if !after.looks_like(&before) {
        after.version += 1;
        after.updated_at = now;
    }
    let settled = &after.operations[index];
    if settled.state == OperationState::Done {
        let mut rows = postings(settled.kind, settled.amount);
        if lapsed {
            rows.extend(postings(OperationKind::Void, before.amounts.held() - settled.amount));
        }
        db::payments::post(tx, &after, settled.id, &rows).await?;
    }
    let after = db::payments::save(tx, &before, after).await?;
    if after.version > before.version {
        app.outbox.append(tx, event(app, &before, &after)).await?;
    }
    Ok(after)
}

fn event(app: &App, before: &Payment, after: &Payment) -> NewEvent {
    use payment_api::PaymentState as State;
    NewEvent {
        id: app.clock.new_id::<NewEvent>().uuid(),
        r#type: match after.state() {
            State::Created => "payment.created",
            State::Authorised => "payment.authorised",
            State::Captured => "payment.captured",
            State::Refunded => "payment.refunded",
            State::Voided => "payment.voided",
            State::Failed => "payment.failed",
            State::Unknown => "payment.unknown",
        },
        aggregate: "payment",
        aggregate_id: after.id.uuid(),
        version: after.version,
        before: Some(image(before)),
        after: Some(image(after)),
        occurred_at: after.updated_at,
    }
}

/// What others may know: the order, and amounts.
fn image(payment: &Payment) -> Value {
    json!({
        "order_id": payment.key.order_id,
        "step": payment.key.step.as_str(),
        "provider": payment.terms.provider,
        "state": payment.state(),
        "currency": payment.terms.currency,
        "held_minor": payment.amounts.held(),
        "captured_minor": payment.amounts.captured,
        "refunded_minor": payment.amounts.refunded,
    })
}
