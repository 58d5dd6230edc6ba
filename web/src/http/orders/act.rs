use axum::response::{IntoResponse, Response};
use http::StatusCode;
use order_api::OrderId;
use problem::{Kind, Problem};

use super::forms::Act;
use super::show::OrderPage;
use crate::http::address::Address;
use crate::http::mine::send;
use crate::http::posted::Posted;
use crate::http::sign_in;
use crate::http::sign_in_again::signed_in;
use crate::http::visit::Visit;
use crate::shown::{Notice, Page};

/// The fields of all forms of an order.
const FIELDS: [&str; 4] = ["note", "reason", "keep", "keep_reason"];

/// Cancels an order, agrees to it or not, hands its things over or takes them back.
pub(in crate::http) async fn submit(
    mut visit: Visit,
    Address((id, act)): Address<(OrderId, String)>,
    posted: Posted,
) -> Result<Response, Problem> {
    let act = Act::of_name(&act).ok_or_else(|| Problem::new(Kind::NotFound))?;
    let here = visit.path(&format!("/orders/{id}"));
    if let Err(page) = signed_in(&mut visit, &posted, &FIELDS, format!("{here}/{}", act.name())).await {
        return Ok(page);
    }
    let order = visit.web.orders.order(id, &visit.asking).await?;
    let body = match act.request(&posted, order.deposit_total) {
        Ok(body) => body,
        Err(field) => {
            let w = visit.lang.words();
            let mut page = OrderPage::new(&visit, order, vec![Notice::urgent(w.look_at_fields)], &posted).await;
            page.refuse(field, w.orders.keep_unreadable);
            return Ok(Page::new(page).status(StatusCode::UNPROCESSABLE_ENTITY).into_response());
        }
    };
    match visit.web.orders.act(id, act.name(), body.as_ref(), &visit.asking).await {
        Ok(answer) => Ok(send(&visit, &format!("{here}?done=1"), answer.invalidates)),
        Err(error) => {
            let notices = vec![sign_in::failure(visit.lang, &error)];
            // It may have moved since.
            let order = visit.web.orders.order(id, &visit.asking).await.unwrap_or(order);
            let mut page = OrderPage::new(&visit, order, notices, &posted).await;
            page.refused(visit.lang, error.fields());
            let response = Page::new(page).status(sign_in::status(&error)).into_response();
            Ok(sign_in::with_session(response, &visit))
        }
    }
}
