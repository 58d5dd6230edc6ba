//! Limits on single requests, as layers for a router and as checks for those who answer before one.

use std::error::Error;
use std::time::Duration;

use axum::body::HttpBody;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, header};
use http_body_util::LengthLimitError;
use problem::{Kind, Problem};
use tower_http::timeout::{RequestBodyDeadlineLayer, TimeoutError};

/// Bytes of a body that are accepted unless a route says otherwise.
pub const BODY_BYTES: usize = 64 * 1024;

/// Header fields of a request that are accepted. Hyper itself refuses more than 100, with the same status.
pub const HEADER_FIELDS: usize = 64;

/// How long a client may take to send a whole body unless a route says otherwise.
pub const BODY_DEADLINE: Duration = Duration::from_secs(30);

/// Bodies up to `bytes` for the routes below; an inner layer overrides an outer one. It acts on extractors, which answer
/// with [`body_problem`].
pub fn body_bytes(bytes: usize) -> DefaultBodyLimit {
    DefaultBodyLimit::max(bytes)
}

/// Bodies have to be there within `limit`, however steadily they trickle; see [`body_problem`].
pub fn body_deadline(limit: Duration) -> RequestBodyDeadlineLayer {
    RequestBodyDeadlineLayer::new(limit)
}

/// Middleware that refuses requests with too many header fields.
pub async fn header_fields(request: Request, next: Next) -> Response {
    match check_header_fields(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// # Errors
/// 431 when there are more than [`HEADER_FIELDS`], and 400 for a body in any other transfer coding than `chunked`, once: hyper
/// takes off the last one, and nobody what is below it.
pub fn check_header_fields(headers: &HeaderMap) -> Result<(), Problem> {
    let count = headers.len();
    if count > HEADER_FIELDS {
        let detail = format!("The request has {count} header fields; at most {HEADER_FIELDS} are accepted.");
        return Err(Problem::because(Kind::HeadersTooLarge, detail));
    }
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let (coding, more) = (codings.next(), codings.next());
    let is_plain = coding.is_none_or(|coding| coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked"));
    if !is_plain || more.is_some() {
        let detail = "The only transfer coding that is accepted is chunked, once.";
        return Err(Problem::because(Kind::MalformedRequest, detail));
    }
    Ok(())
}

/// Refuses a body whose announced length is over `most` bytes before any of it is read.
///
/// # Errors
/// 413 with the limit in its detail.
pub fn check_announced_length(body: &impl HttpBody, most: u64) -> Result<(), Problem> {
    if body.size_hint().lower() <= most { Ok(()) } else { Err(too_large(most)) }
}

/// 413 that names the limit.
pub fn too_large(most: u64) -> Problem {
    closing(Problem::because(Kind::BodyTooLarge, format!("At most {most} bytes are accepted here.")))
}

/// What to answer when reading a request's body failed: 413 over its limit, 400 when it came too slowly or broke off.
pub fn body_problem(error: &(dyn Error + 'static), most: u64) -> Problem {
    let mut cause = Some(error);
    while let Some(error) = cause {
        // axum's extractors hand it over in a box of its own.
        if error.is::<LengthLimitError>() || error.is::<Box<LengthLimitError>>() {
            return too_large(most);
        }
        if error.is::<TimeoutError>() {
            return late_body();
        }
        cause = error.source();
    }
    Problem::because(Kind::MalformedRequest, "The body broke off before its end.")
}

/// 400 for a body that did not arrive in time.
pub fn late_body() -> Problem {
    closing(Problem::because(Kind::MalformedRequest, "The body did not arrive in time."))
}

/// Says that the connection ends with this answer, as it does where a body is not read to its end (RFC 9112 §9.6). A client that
/// is not told sends its next request on it and gets no answer.
pub fn closing(problem: Problem) -> Problem {
    problem.with_header(header::CONNECTION, HeaderValue::from_static("close"))
}
