use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::HttpBody;
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;

use crate::serve::Limits;

/// Signs of life on a connection of many streams. HTTP/1.1 has a deadline for every phase of its one exchange; here what
/// counts is whether anything moves at all.
#[derive(Debug, Clone)]
pub(super) struct Pulse(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    moved: Instant,
    /// Requests without an answer yet: handlers have deadlines of their own.
    handling: usize,
    /// Answers whose bodies are on their way.
    answering: usize,
}

impl Pulse {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(State { moved: Instant::now(), handling: 0, answering: 0 })))
    }

    /// Notes a request.
    pub(super) fn begin(&self) -> Beat {
        let mut state = self.state();
        state.handling += 1;
        state.moved = Instant::now();
        Beat { pulse: self.clone(), answered: false }
    }

    /// Returns when no request was made for the head's deadline, or, with answers on their way, nothing of them was taken
    /// for as long as one may be left unread.
    pub(super) async fn stopped(&self, limits: &Limits) {
        loop {
            let look_again = {
                let (state, now) = (self.state(), Instant::now());
                let is_idle = state.handling == 0 && state.answering == 0;
                let until = state.moved + if is_idle { limits.head_deadline } else { limits.write_stall };
                if state.handling == 0 && until <= now {
                    return;
                }
                // What goes on may end meanwhile, and then it is the shorter time that counts.
                until.min(now + limits.head_deadline).max(now + limits.head_deadline / 8)
            };
            tokio::time::sleep_until(look_again).await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request's part in the pulse, until the last byte of its answer.
#[derive(Debug)]
pub(super) struct Beat {
    pulse: Pulse,
    answered: bool,
}

impl Beat {
    fn answered(&mut self) {
        self.answered = true;
        let mut state = self.pulse.state();
        state.handling -= 1;
        state.answering += 1;
        state.moved = Instant::now();
    }

    fn moved(&self) {
        self.pulse.state().moved = Instant::now();
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        let mut state = self.pulse.state();
        if self.answered {
            state.answering -= 1;
        } else {
            state.handling -= 1;
        }
        state.moved = Instant::now();
    }
}

/// A body each piece of which is a sign of life.
#[derive(Debug)]
pub(super) struct Beating<B> {
    body: Pin<Box<B>>,
    beat: Beat,
}

impl<B> Beating<B> {
    pub(super) fn new(body: B, mut beat: Beat) -> Self {
        beat.answered();
        Self { body: Box::pin(body), beat }
    }
}

impl<B: HttpBody> HttpBody for Beating<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let polled = self.body.as_mut().poll_frame(cx);
        if polled.is_ready() {
            self.beat.moved();
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
