use http::{HeaderName, HeaderValue, Response, header};
use problem::{CONTENT_TYPE, Problem};

use crate::body::Body;

/// The answer that tells a client of a problem, with the id under which the logs know the request.
pub(crate) fn respond(problem: &Problem, request_id: &HeaderValue) -> Response<Body> {
    let body = problem.to_json(request_id.to_str().ok());
    let mut response = Response::new(Body::Whole(body.into()));
    *response.status_mut() = problem.kind().status();
    let headers = response.headers_mut();
    headers.extend(problem.headers().iter().map(|(name, value)| (HeaderName::clone(name), value.clone())));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
