use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use super::conditional::is_not_modified;
use super::entry::Entry;
use super::range::{Asked, asked_for};
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
    } else if entry.status == StatusCode::OK && request.contains_key(header::RANGE) {
        cut(&mut response, &mut headers, asked_for(request, &entry.headers, entry.body.len()), &entry.body);
    } else if let Some((name, form)) = entry.coded.as_ref().and_then(|coded| coded.chosen_by(request)) {
        headers.insert(header::CONTENT_ENCODING, name);
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(form.len()));
        *response.body_mut() = Body::Whole(form.clone());
    }
    *response.headers_mut() = headers;
    response
}

/// Leaves of the whole body what the client asked for (RFC 9110 §15.3.7, §15.5.17).
fn cut(response: &mut Response<Body>, headers: &mut HeaderMap, asked: Asked, whole: &Bytes) {
    let (status, body, range) = match asked {
        Asked::Whole => return,
        Asked::Part(part) => {
            let range = format!("bytes {}-{}/{}", part.start, part.end - 1, whole.len());
            (StatusCode::PARTIAL_CONTENT, whole.slice(part), range)
        }
        Asked::Unsatisfiable => (StatusCode::RANGE_NOT_SATISFIABLE, Bytes::new(), format!("bytes */{}", whole.len())),
    };
    *response.status_mut() = status;
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    headers.insert(header::CONTENT_RANGE, HeaderValue::try_from(range).unwrap_or(HeaderValue::from_static("")));
    *response.body_mut() = Body::Whole(body);
}
