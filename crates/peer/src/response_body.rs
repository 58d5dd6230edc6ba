use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};

use crate::BodyError;
use crate::admission::Admission;
use crate::breaker::Verdict;

/// The body of an answer, passed on as it arrives. It tells the circuit breaker and the instance how it ended: whole, broken, or stalled;
/// dropped before its end, as after a client's hang-up, it says nothing.
pub struct ResponseBody {
    inner: Incoming,
    peer: Arc<str>,
    idle_timeout: Duration,
    /// Runs only while the upstream owes the next piece, so a slow client is not taken for a slow upstream.
    waiting: Option<Pin<Box<Sleep>>>,
    call: Option<Admission>,
}

impl ResponseBody {
    /// `call` is `None` when the answer's status has already decided the verdict.
    pub(crate) fn new(inner: Incoming, peer: Arc<str>, idle_timeout: Duration, call: Option<Admission>) -> Self {
        let mut body = Self { inner, peer, idle_timeout, waiting: None, call };
        if body.inner.is_end_stream() {
            body.settle(Verdict::Success);
        }
        body
    }

    /// Gives up on an upstream that let the call's deadline pass. `patience` is how long the attempt must have lasted to be
    /// the upstream's fault rather than the caller's haste.
    pub(crate) fn give_up(mut self, patience: Duration) {
        if self.call.as_ref().is_some_and(|call| call.age() >= patience) {
            self.settle(Verdict::Failure);
        }
    }

    fn settle(&mut self, verdict: Verdict) {
        if let Some(call) = self.call.take() {
            call.settle(verdict);
        }
    }

    fn poll_stalled(&mut self, cx: &mut Context<'_>) -> Poll<BodyError> {
        let idle = self.idle_timeout;
        let timer = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(Instant::now() + idle)));
        ready!(timer.as_mut().poll(cx));
        self.settle(Verdict::Failure);
        Poll::Ready(BodyError::Stalled { peer: Arc::clone(&self.peer), idle })
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Poll::Ready(polled) = Pin::new(&mut self.inner).poll_frame(cx) else {
            return self.poll_stalled(cx).map(|error| Some(Err(error)));
        };
        self.waiting = None;
        match polled {
            Some(Ok(frame)) => {
                if self.inner.is_end_stream() {
                    self.settle(Verdict::Success);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(source)) => {
                self.settle(Verdict::Failure);
                Poll::Ready(Some(Err(BodyError::Broken { peer: Arc::clone(&self.peer), source })))
            }
            None => {
                self.settle(Verdict::Success);
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").field("peer", &self.peer).finish_non_exhaustive()
    }
}
