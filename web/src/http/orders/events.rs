use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use order_api::OrderId;
use problem::Problem;

use crate::http::address::Address;
use crate::http::visit::Visit;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// How an order changes, as the order service tells it: a browser's `EventSource` sends a cookie but no token.
pub(in crate::http) async fn events(
    visit: Visit,
    Address(id): Address<OrderId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    visit.session()?;
    let (status, body) = visit.web.orders.events(id, headers.get(LAST_EVENT_ID), &visit.asking).await?;
    let mut response = Response::new(Body::new(body));
    *response.status_mut() = status;
    response.headers_mut().extend([
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    ]);
    Ok(response)
}
