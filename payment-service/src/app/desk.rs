use payment_api::{OperationKind, PaymentId, Provider};
use problem::{Kind, Problem};
use service_kit::caller::Caller;

use super::{App, AppError, settle};
use crate::db;
use crate::domain::operation::Outcome;
use crate::domain::payment::{Obstacle, Payment};

/// Notes that the payer has paid at the desk; said again, it changes nothing.
pub(crate) async fn paid(app: &App, caller: &Caller, id: PaymentId) -> Result<Payment, AppError> {
    if !caller.is_admin() {
        return Err(Problem::new(Kind::Forbidden).into());
    }
    let tx = app.db.begin().await?;
    let payment = db::payments::find_for_update(&tx, id).await?.ok_or(AppError::NoSuchPayment)?;
    if payment.terms.provider != Provider::Desk {
        return Err(AppError::NotAtTheDesk);
    }
    let waiting = payment.unsettled().filter(|operation| operation.kind == OperationKind::Authorise);
    let Some(operation) = waiting.map(|operation| operation.id) else {
        let held_or_taken = payment.amounts.authorised > 0;
        return if held_or_taken { Ok(payment) } else { Err(Obstacle::State(payment.state()).into()) };
    };
    let payment = settle::take_down(app, &tx, payment, operation, Outcome::DONE).await?;
    tx.commit().await?;
    app.outbox.wake();
    Ok(payment)
}
