use std::any::Any;
use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use problem::{Kind, Problem};
use tracing::Instrument;

/// Runs every mutation (whatever is not GET, HEAD or OPTIONS) in a task of its own that the request only awaits, so that
/// a client's hang-up or a deadline never cancels a handler half way. Database transactions rely on it: sqlx 0.9.0 loses
/// acknowledged writes when a future is dropped during `BEGIN`. A panic, in any handler, is logged and answered with 500.
pub async fn uncancelled(request: Request, next: Next) -> Response {
    let handled = if request.method().is_safe() {
        AssertUnwindSafe(next.run(request)).catch_unwind().await
    } else {
        let task = tokio::spawn(next.run(request).in_current_span());
        match task.await {
            Ok(response) => Ok(response),
            Err(error) if error.is_panic() => Err(error.into_panic()),
            // A task that nobody aborts is cancelled only when the runtime itself ends.
            Err(error) => Err(Box::new(error.to_string()) as Box<dyn Any + Send>),
        }
    };
    handled.unwrap_or_else(|panic| {
        tracing::error!(panic = message(&*panic), "a handler panicked");
        Problem::new(Kind::Internal).into_response()
    })
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let as_str = panic.downcast_ref::<&str>().copied();
    as_str.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}
