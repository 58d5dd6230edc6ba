use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, Response, StatusCode};
use tokio::time::{Instant, timeout_at};

use crate::breaker::{Permit, Verdict};
use crate::context::timeout_header;
use crate::error::is_transient;
use crate::outgoing::Outgoing;
use crate::request_body::Progress;
use crate::{
    BoxError, HttpClient, MISSING_ANOTHER, PROXY_STATUS, PeerError, PeerSettings, REQUEST_TIMEOUT_MS, ResponseBody,
};

/// What an attempt ended with.
pub(crate) type Ended = Result<Response<ResponseBody>, PeerError>;

/// Whether the same request may fare better a moment later. An upstream that says when to come back is believed.
pub(crate) fn is_worth_a_retry(ended: &Ended) -> bool {
    match ended {
        Ok(answer) => is_transient(answer.status()) && !answer.headers().contains_key(RETRY_AFTER),
        Err(error) => error.is_retryable(),
    }
}

/// One try at one instance, with its timeout inside: whatever happens, the permit hears of it.
pub(crate) struct Attempt<'a> {
    pub(crate) peer: &'a Arc<str>,
    pub(crate) settings: &'a PeerSettings,
    pub(crate) http: &'a HttpClient,
    /// When the whole call ends.
    pub(crate) deadline: Instant,
}

/// The time ran out.
struct Elapsed {
    /// It was the attempt's own time, not merely what the caller's deadline had left of it.
    in_full: bool,
}

impl Attempt<'_> {
    pub(crate) async fn run(self, mut outgoing: Outgoing, mut permit: Permit) -> Ended {
        let started = Instant::now();
        let left = self.deadline.saturating_duration_since(started).min(self.settings.attempt_timeout);
        outgoing.headers_mut().insert(REQUEST_TIMEOUT_MS, timeout_header(left));
        let (request, progress) = outgoing.into_parts();
        let answer = match self.exchange(request, &progress).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(self.failed(error, &progress, permit)),
            Err(elapsed) => return Err(self.timed_out(&elapsed, started.elapsed(), &progress, permit)),
        };
        let latency = progress.finished_at().unwrap_or(started).elapsed();
        let permit = match verdict(answer.status(), answer.headers()) {
            Verdict::Success => {
                permit.answered(latency);
                Some(permit)
            }
            decided => {
                permit.settle(decided);
                None
            }
        };
        let idle = self.settings.body_idle_timeout;
        Ok(Response::from(answer).map(|body| ResponseBody::new(body, Arc::clone(self.peer), idle, permit)))
    }

    /// Waits for the answer's headers. The attempt's time starts anew whenever the request's body moves, for a long upload
    /// is no slow upstream; the call's deadline stands.
    async fn exchange(
        &self,
        request: reqwest::Request,
        progress: &Progress,
    ) -> Result<Result<reqwest::Response, reqwest::Error>, Elapsed> {
        let mut answer = pin!(self.http.execute(request));
        loop {
            let steps = progress.steps();
            let full = Instant::now() + self.settings.attempt_timeout;
            if let Ok(answer) = timeout_at(full.min(self.deadline), answer.as_mut()).await {
                return Ok(answer);
            }
            let in_full = full <= self.deadline;
            if !in_full || progress.steps() == steps {
                return Err(Elapsed { in_full });
            }
        }
    }

    fn failed(&self, error: reqwest::Error, progress: &Progress, permit: Permit) -> PeerError {
        let peer = Arc::clone(self.peer);
        let source = error.without_url();
        if progress.failed() {
            drop(permit);
            return PeerError::RequestBody { peer, source: Some(BoxError::from(source)) };
        }
        if source.is_builder() {
            drop(permit);
            return PeerError::InvalidRequest { peer, reason: "the HTTP client does not accept it" };
        }
        permit.settle(Verdict::Failure);
        if source.is_connect() {
            return PeerError::Connect { peer, source };
        }
        PeerError::Broken { peer, source: BoxError::from(source) }
    }

    fn timed_out(&self, elapsed: &Elapsed, after: Duration, progress: &Progress, permit: Permit) -> PeerError {
        let peer = Arc::clone(self.peer);
        if progress.awaits_caller() {
            drop(permit);
            return PeerError::RequestBody { peer, source: None };
        }
        // What the caller took for its body says nothing about the upstream.
        let silent = progress.moved_at().map_or(after, |moved| moved.elapsed().min(after));
        if elapsed.in_full || silent >= patience(self.settings) {
            permit.settle(Verdict::Failure);
        }
        PeerError::Timeout { peer, after }
    }
}

/// How long an attempt must have lasted for its end at the caller's deadline to be the upstream's fault: a caller in a
/// great hurry says nothing about the upstream, but one that waited a good while does.
pub(crate) fn patience(settings: &PeerSettings) -> Duration {
    settings.breaker.slow_after.min(settings.attempt_timeout / 2)
}

/// A service that says at once that another one is missing is well itself: left alone, it could not even be read from.
fn verdict(status: StatusCode, headers: &HeaderMap) -> Verdict {
    match status {
        StatusCode::TOO_MANY_REQUESTS => Verdict::Throttled,
        StatusCode::SERVICE_UNAVAILABLE if misses_another(headers) => Verdict::Success,
        status if status.is_server_error() => Verdict::Failure,
        _ => Verdict::Success,
    }
}

fn misses_another(headers: &HeaderMap) -> bool {
    headers.get(PROXY_STATUS).and_then(|said| said.to_str().ok()).is_some_and(|said| said.contains(MISSING_ANOTHER))
}
