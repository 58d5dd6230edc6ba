use std::pin::pin;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::HeaderName;
use problem::Problem;
use tokio::time::timeout_at;

use super::arrival::Arrival;
use super::limits::late_body;

/// Milliseconds for which the caller will still wait, as `peer` writes it.
const X_REQUEST_TIMEOUT_MS: HeaderName = HeaderName::from_static("x-request-timeout-ms");

/// No handler may take longer, whatever its caller says: the import of a large file takes minutes.
const LONGEST: Duration = Duration::from_mins(15);

/// How long a handler may take, from the last piece of its request's body. Between two pieces it is the client's time.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(pub Duration);

/// Answers 503 with `Retry-After` when the handler takes longer than the deadline, and 400 when it is the client that
/// keeps it waiting for the body: 503 would count against the service, and anyone could send half a body. How long a body
/// may take in all is up to [`super::limits::body_deadline`].
///
/// It belongs outside [`super::uncancelled`]: then a mutation goes on to its end although nobody awaits its answer.
pub async fn deadline(State(Deadline(usual)): State<Deadline>, request: Request, next: Next) -> Response {
    let limit = granted(usual, &request);
    let path = request.uri().path().to_owned();
    let (parts, body) = request.into_parts();
    let (body, arrival) = Arrival::watch(body, limit);
    let mut answer = pin!(next.run(Request::from_parts(parts, body)));
    let mut end = arrival.moved() + limit;
    loop {
        if let Ok(response) = timeout_at(end, answer.as_mut()).await {
            return response;
        }
        let later = arrival.moved() + limit;
        if later <= end {
            break;
        }
        end = later;
    }
    if arrival.is_awaited() {
        tracing::debug!(path, "answered 400: the body did not arrive in time");
        return late_body().into_response();
    }
    let limit_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    tracing::warn!(path, limit_ms, "answered 503: the handler took longer than its deadline");
    Problem::unavailable(
        "The answer took too long. A change that was asked for may still happen: repeat it with the same \
         Idempotency-Key, or read before you write again.",
        Duration::from_secs(1),
    )
    .into_response()
}

/// A caller that says how long it waits is given no longer. On `/internal`, where all callers are services, it may also
/// ask for more than is usual.
fn granted(usual: Duration, request: &Request) -> Duration {
    let said = request.headers().get(X_REQUEST_TIMEOUT_MS);
    let waits = said.and_then(|value| value.to_str().ok()?.parse().ok()).map(Duration::from_millis);
    let most = if request.uri().path().starts_with("/internal/") { LONGEST } else { usual };
    waits.map_or(usual, |waits| waits.min(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_services_may_ask_for_more_time_than_is_usual() {
        let usual = Duration::from_secs(10);
        for (path, said_ms, granted_ms) in [
            ("/api/v1/items", "", 10_000),
            ("/api/v1/items", "600", 600),
            ("/api/v1/items", "60000", 10_000),
            ("/api/v1/items", "soon", 10_000),
            ("/internal/v1/items/import", "", 10_000),
            ("/internal/v1/items/import", "600", 600),
            ("/internal/v1/items/import", "60000", 60_000),
            ("/internal/v1/items/import", "86400000", 900_000),
        ] {
            let request = http::Request::get(path).header(X_REQUEST_TIMEOUT_MS, said_ms);
            let request = request.body(axum::body::Body::empty()).unwrap();
            assert_eq!(granted(usual, &request).as_millis(), granted_ms, "{path} {said_ms}");
        }
    }
}
