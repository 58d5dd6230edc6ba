use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use problem::Problem;

/// How long a handler may take, its request's body included.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(pub Duration);

/// Answers 503 with `Retry-After` when the handler takes longer than the deadline.
///
/// It belongs outside [`super::uncancelled`]: then a mutation goes on to its end although nobody awaits its answer.
pub async fn deadline(State(Deadline(limit)): State<Deadline>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let limit_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
            tracing::warn!(path, limit_ms, "answered 503: the handler took longer than its deadline");
            Problem::unavailable(
                "The answer took too long. A change that was asked for may still happen: repeat it with the same \
                 Idempotency-Key, or read before you write again.",
                Duration::from_secs(1),
            )
            .into_response()
        }
    }
}
