use axum::response::Response;
use order_api::OrderId;
use problem::{Kind, Problem};

use super::stuck::after;
use crate::http::address::Address;
use crate::http::mine::send;
use crate::http::posted::Posted;
use crate::http::visit::Visit;

/// Decides on a step that is stuck, as the button says.
pub(in crate::http) async fn submit(
    visit: Visit,
    Address((id, step)): Address<(OrderId, u32)>,
    posted: Posted,
) -> Result<Response, Problem> {
    visit.session()?;
    let decision @ ("retry" | "undo" | "accept") = posted.get("act") else {
        return Err(Problem::because(Kind::MalformedRequest, "The form does not say what to do."));
    };
    match visit.web.orders.decide(id, step, decision, &visit.asking).await {
        Ok(answer) => Ok(send(&visit, &visit.path("/stuck?saved=1"), answer.invalidates)),
        Err(error) => after(&visit, error).await,
    }
}
