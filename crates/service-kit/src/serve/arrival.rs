use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;
use tower_http::timeout::TimeoutBody;

/// How far a request's body has come: it decides whose fault it is that there is no answer yet.
#[derive(Debug, Clone)]
pub(super) struct Arrival(Arc<Mutex<State>>);

#[derive(Debug, Clone, Copy)]
struct State {
    moved: Instant,
    is_awaited: bool,
}

impl Arrival {
    /// The body with a view of it. A reader that waits for a piece longer than `patience` gets an error, so that no task
    /// is kept by a client that has gone silent.
    pub(super) fn watch(body: Body, patience: Duration) -> (Body, Self) {
        let arrival = Self(Arc::new(Mutex::new(State { moved: Instant::now(), is_awaited: false })));
        // The timeout hides that nothing is to come, by which handlers tell a request without a body.
        if body.is_end_stream() {
            return (body, arrival);
        }
        let patient = TimeoutBody::new(patience, body).map_err(axum::Error::new).boxed_unsync();
        (Body::new(Watched { body: patient, arrival: arrival.clone() }), arrival)
    }

    /// When the last piece came, or the request if none has.
    pub(super) fn moved(&self) -> Instant {
        self.state().moved
    }

    /// Whether the handler waits for the client's next piece.
    pub(super) fn is_awaited(&self) -> bool {
        self.state().is_awaited
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Watched {
    body: http_body_util::combinators::UnsyncBoxBody<Bytes, axum::Error>,
    arrival: Arrival,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Pending => self.arrival.state().is_awaited = true,
            // The wait that ends in an error is over without the client having done anything.
            Poll::Ready(Some(Err(_))) => {}
            Poll::Ready(_) => *self.arrival.state() = State { moved: Instant::now(), is_awaited: false },
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Watched {
    /// A body that nobody reads any more keeps nobody waiting.
    fn drop(&mut self) {
        self.arrival.state().is_awaited = false;
    }
}
