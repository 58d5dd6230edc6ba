use payment_api::PaymentId;
use service_kit::caller::Caller;
use service_kit::http::Limit;

use super::{App, AppError, resolve};
use crate::db;
pub(crate) use crate::db::listing::Listing;
use crate::db::payments::Meaning;
use crate::domain::payment::Payment;
use crate::domain::step::Key;

/// The payment as it is known now.
pub(crate) async fn by_id(app: &App, id: PaymentId) -> Result<Payment, AppError> {
    db::payments::find(app.db.read(), id).await?.ok_or(AppError::NoSuchPayment)
}

/// The payment, for its payer and for administrators; for others it is not there.
pub(crate) async fn by_caller(app: &App, caller: &Caller, id: PaymentId) -> Result<Payment, AppError> {
    let payment = by_id(app, id).await?;
    caller.owns_or_administers(payment.terms.payer_id).map_err(|_| AppError::NoSuchPayment)?;
    Ok(payment)
}

/// One page of a list, and its last payment if others follow.
pub(crate) async fn page(
    app: &App,
    listing: Listing,
    limit: Limit,
) -> Result<(Vec<Payment>, Option<PaymentId>), AppError> {
    let size = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let mut payments = db::listing::page(app.db.read(), listing, limit.get() + 1).await?;
    let more = payments.len() > size;
    payments.truncate(size);
    let next = payments.last().filter(|_| more).map(|payment| payment.id);
    Ok((payments, next))
}

/// The payment of a key, after the provider was asked about what is not known.
pub(crate) async fn by_key(app: &App, key: &Key) -> Result<Payment, AppError> {
    match db::payments::meaning(app.db.read(), key).await? {
        Some(Meaning::Payment(id)) => resolve::resolve(app, id).await,
        Some(Meaning::Tombstone | Meaning::Fresh) | None => Err(AppError::NoSuchPayment),
    }
}
