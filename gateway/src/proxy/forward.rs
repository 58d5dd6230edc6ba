use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Uri};
use http_body_util::Limited;
use hyper::body::Body as HttpBody;
use peer::{BoxError, CallContext, PeerError, RequestBody, ResponseBody};
use problem::Problem;
use service_kit::serve::limits;
use tower_http::timeout::DeadlineBody;

use super::hygiene::remove_hop_by_hop;
use crate::routes::Route;

/// A request as the upstream gets it: its target normalised, its headers cleaned.
#[derive(Debug, Clone)]
pub(crate) struct Forwarded {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
}

/// Sends a request to its route's upstream; the answer streams.
///
/// # Errors
/// As [`peer::Peer::send`].
pub(crate) async fn forward(
    route: &Route,
    forwarded: Forwarded,
    body: RequestBody,
    context: &CallContext,
) -> Result<Response<ResponseBody>, PeerError> {
    let mut request = Request::new(body);
    *request.method_mut() = forwarded.method;
    *request.uri_mut() = forwarded.uri;
    *request.headers_mut() = forwarded.headers;
    // In a box: the layers above it would copy all of its room, each time that one hands it to the next.
    let mut response = Box::pin(route.peer.send(request, context)).await?;
    remove_hop_by_hop(response.headers_mut());
    Ok(response)
}

/// A client's body within its route's bounds of size and time, passed on as it arrives.
///
/// # Errors
/// 413 when it says itself that it is too large.
pub(crate) fn bounded<B>(body: B, route: &Route, deadline: Duration) -> Result<RequestBody, Problem>
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    limits::check_announced_length(&body, route.body_bytes)?;
    let most = usize::try_from(route.body_bytes).unwrap_or(usize::MAX);
    Ok(RequestBody::stream(DeadlineBody::new(deadline, Limited::new(body, most))))
}
