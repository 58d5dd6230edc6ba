use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use super::conditional::is_not_modified;
use super::entry::Entry;
use super::status::{CACHE_STATUS, CacheStatus};
use super::time::Timestamp;
use crate::body::Body;

/// The answer from a stored response to a request with these headers: the representation, or 304 to a client that has it.
pub(crate) fn answer(entry: &Entry, request: &HeaderMap, said: CacheStatus, now: Timestamp) -> Response<Body> {
    let mut response = Response::new(Body::Whole(entry.body.clone()));
    *response.status_mut() = entry.status;
    let mut headers = entry.headers.clone();
    headers.insert(header::AGE, HeaderValue::from(entry.freshness.age(now).as_secs()));
    headers.insert(CACHE_STATUS, said.to_header());
    if entry.status == StatusCode::OK && is_not_modified(request, &headers) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        for name in [header::CONTENT_LENGTH, header::CONTENT_TYPE, header::CONTENT_ENCODING, header::CONTENT_LANGUAGE] {
            headers.remove(name);
        }
    }
    *response.headers_mut() = headers;
    response
}
