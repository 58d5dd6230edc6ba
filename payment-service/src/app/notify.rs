use payment_api::{FailureCode, OperationKind};

use super::{App, AppError, settle};
use crate::db;
use crate::db::payments::Meaning;
use crate::domain::notice::{News, Notice};
use crate::domain::operation::Outcome;
use crate::domain::payment::Payment;
use crate::domain::step::Step;

/// Takes in what a provider tells of its own accord, once. What it is about may be known already, or not yet: then nothing
/// changes.
pub(crate) async fn notify(app: &App, notice: Notice) -> Result<(), AppError> {
    let tx = app.db.begin().await?;
    if !db::notices::take_in(&tx, &notice, app.clock.now()).await? {
        return Ok(());
    }
    let Some(Meaning::Payment(id)) = db::payments::meaning(&tx, &notice.key).await? else {
        tracing::warn!(provider = notice.provider.as_str(), key = %notice.key, "a message about no payment of ours");
        return Ok(tx.commit().await?);
    };
    let payment = db::payments::find_for_update(&tx, id).await?.ok_or(AppError::NoSuchPayment)?;
    heed(app, &tx, payment, notice).await?;
    tx.commit().await?;
    app.outbox.wake();
    Ok(())
}

async fn heed(app: &App, tx: &db::Transaction, mut payment: Payment, notice: Notice) -> Result<(), AppError> {
    // A hold that was replaced since is nobody's concern.
    if payment.reference.as_ref().is_some_and(|reference| *reference != notice.reference) {
        return Ok(());
    }
    let reference = Some(notice.reference);
    let waiting = payment.unsettled().map(|operation| (operation.id, operation.kind));
    let (operation, outcome) = match (notice.news, waiting) {
        (News::Authorised, Some((id, OperationKind::Authorise))) => (id, Outcome::Done { reference, lapsed: false }),
        (News::Refused { code, detail }, Some((id, OperationKind::Authorise))) => {
            (id, Outcome::Refused { code, detail })
        }
        (News::Lapsed, Some((id, OperationKind::Authorise))) => {
            (id, Outcome::Refused { code: FailureCode::Refused, detail: "The provider called it off.".to_owned() })
        }
        (News::Lapsed, None) if payment.amounts.held() > 0 => {
            let id = app.clock.new_id::<Payment>().uuid();
            let held = payment.amounts.held();
            let lapsed = payment.begin(id, OperationKind::Void, Step::kept("lapsed".to_owned()), app.clock.now());
            lapsed.amount = held;
            db::payments::insert_operation(tx, payment.id, &payment.operations[payment.operations.len() - 1]).await?;
            (id, Outcome::DONE)
        }
        // Known already; or an operation of ours is under way, and its answer says the same.
        _ => return Ok(()),
    };
    settle::take_down(app, tx, payment, operation, outcome).await.map(drop)
}
