use payment_api::PaymentId;
use problem::FieldErrors;

use super::{App, AppError, resolve, settle};
use crate::db;
use crate::db::payments::Meaning;
use crate::domain::payment::Payment;
use crate::domain::request::NewPayment;

/// Holds money, once for each key. Asked again, it answers the same payment as it is then.
pub(crate) async fn authorise(app: &App, new: NewPayment) -> Result<Payment, AppError> {
    let mut errors = FieldErrors::default();
    app.providers.check_set_up(&mut errors, new.terms.provider);
    errors.finish(Some(()))?;
    let sha256 = new.fingerprint();
    let payment = Payment::new(app.clock.new_id(), new.key, new.terms, app.clock.now());
    let tx = app.db.begin().await?;
    // Almost always the key is new, so that nobody looks for it before it is taken.
    db::payments::insert(&tx, &payment, sha256.clone()).await?;
    match db::payments::take_key(&tx, &payment.key, Some(payment.id)).await? {
        Meaning::Fresh => tx.commit().await?,
        Meaning::Tombstone => return Err(AppError::Voided),
        Meaning::Payment(id) => {
            tx.rollback().await?;
            let is_same = db::payments::is_same_request(app.db.read(), id, &sha256).await?;
            return if is_same { again(app, id).await } else { Err(AppError::KeyReused) };
        }
    }
    // The transaction is over while the provider is asked: it may take its time, and others go on.
    let operation = &payment.operations[0];
    let answer = app.providers.carry_out(&payment, operation, new.token.as_ref()).await;
    let operation = operation.id;
    settle::settle_new(app, payment, operation, answer).await
}

async fn again(app: &App, id: PaymentId) -> Result<Payment, AppError> {
    let payment = resolve::resolve(app, id).await?;
    let untouched = payment.operations.first().is_some_and(|operation| operation.attempts == 0);
    // Whoever began it has not got an answer yet.
    if untouched { Err(AppError::Busy) } else { Ok(payment) }
}
