use std::any::Any;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::BoxError;
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::FutureExt;
use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt;
use hyper::body::Frame;
use problem::{Kind, Problem};
use tracing::Instrument;

/// Bodies that are read before their handler begins; most are far smaller.
const SHORT: u64 = 8 * 1024;

type Handled = Result<Response, Box<dyn Any + Send>>;

/// Never lets a client's hang-up or a deadline cancel a mutation (whatever is not GET, HEAD or OPTIONS) half way: what its
/// handler cannot answer at once goes on in a task of its own, which the request only awaits. Database transactions rely on
/// it: sqlx 0.9.0 loses acknowledged writes when a future is dropped during `BEGIN`. A panic, in any handler, is logged and
/// answered with 500.
pub async fn uncancelled(request: Request, next: Next) -> Response {
    let handled = if request.method().is_safe() {
        AssertUnwindSafe(next.run(request)).catch_unwind().await
    } else {
        to_its_end(next.run(at_hand(request).await)).await
    };
    handled.unwrap_or_else(|panic| {
        tracing::error!(panic = message(&*panic), "a handler panicked");
        Problem::new(Kind::Internal).into_response()
    })
}

/// A task of its own costs a change of threads twice, which what is answered from memory does not need.
async fn to_its_end(handler: impl Future<Output = Response> + Send + 'static) -> Handled {
    let mut handler = Box::pin(AssertUnwindSafe(handler).catch_unwind());
    // From here to the task nothing is awaited, so that nothing cancels what has begun.
    let at_once = poll_fn(|context| Poll::Ready(handler.as_mut().poll(context))).await;
    if let Poll::Ready(handled) = at_once {
        return handled;
    }
    // A task that nobody aborts is cancelled only when the runtime itself ends.
    tokio::spawn(handler.in_current_span()).await.unwrap_or_else(|error| Err(Box::new(error.to_string())))
}

/// The request with all of its body, if that is said to be short. Nothing has begun while it is read.
async fn at_hand(request: Request) -> Request {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_none_or(|length: u64| length > SHORT) {
        return request;
    }
    let (parts, body) = request.into_parts();
    let body = match body.collect().await {
        Ok(whole) => Body::from(whole.to_bytes()),
        Err(error) => Body::new(Broken(Some(error.into_inner()))),
    };
    Request::from_parts(parts, body)
}

/// A body that could not be read; its reader is told why.
struct Broken(Option<BoxError>);

impl HttpBody for Broken {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready(self.0.take().map(Err))
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let as_str = panic.downcast_ref::<&str>().copied();
    as_str.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}
