use axum::response::Response;
use payment_api::PaymentId;
use problem::Problem;

use super::desk::after;
use crate::http::address::Address;
use crate::http::mine::send;
use crate::http::posted::Posted;
use crate::http::visit::Visit;

/// Notes that a member has paid at the desk. A form that is sent twice changes nothing more.
pub(in crate::http) async fn submit(
    visit: Visit,
    Address(id): Address<PaymentId>,
    _: Posted,
) -> Result<Response, Problem> {
    visit.session()?;
    match visit.web.payments.paid(id, &visit.asking).await {
        Ok(()) => Ok(send(&visit, &visit.path("/desk?saved=1"), None)),
        Err(error) => after(&visit, error).await,
    }
}
