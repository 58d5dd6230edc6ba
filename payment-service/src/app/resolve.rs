use payment_api::{OperationState, PaymentId};

use super::{App, AppError, notify, settle};
use crate::db;
use crate::domain::operation::Operation;
use crate::domain::payment::{IN_HAND, Payment};
use crate::providers::Answer;

/// The payment, after the provider was asked what became of an operation whose outcome is not known.
pub(crate) async fn resolve(app: &App, id: PaymentId) -> Result<Payment, AppError> {
    let now = app.clock.now();
    // What nobody knows is asked for each time somebody wants to know; what somebody has in hand is left to them.
    let open = |operation: &&Operation| operation.state == OperationState::Unknown || operation.is_due(now);
    let payment = db::payments::find(app.db.read(), id).await?.ok_or(AppError::NoSuchPayment)?;
    if !payment.operations.iter().any(|operation| open(&operation)) {
        return Ok(payment);
    }
    let tx = app.db.begin().await?;
    let mut payment = db::payments::find_for_update(&tx, id).await?.ok_or(AppError::NoSuchPayment)?;
    let Some(index) = payment.operations.iter().position(|operation| open(&operation)) else {
        return Ok(payment);
    };
    payment.operations[index].ask_at = Some(now + IN_HAND);
    let operation = payment.operations[index].clone();
    db::payments::save_operation(&tx, id, &operation).await?;
    tx.commit().await?;
    let outcome = app.providers.look_up(&payment, &operation).await;
    settle::settle(app, &payment, operation.id, Answer { told: Vec::new(), outcome }).await
}

/// Asks for everything that is due, and takes in what the test bank has to tell.
pub(crate) async fn resolve_due(app: &App) -> Result<(), AppError> {
    for id in db::work::to_ask(app.db.read(), app.clock.now()).await? {
        resolve(app, id).await?;
    }
    if let Some(bank) = &app.providers.test {
        for notice in bank.notices().await? {
            notify::notify(app, notice).await?;
        }
    }
    Ok(())
}
