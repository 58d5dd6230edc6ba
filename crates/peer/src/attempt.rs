use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, Request, Response, StatusCode, Uri};
use hyper::body::Incoming;
use hyper_util::client::legacy::Error;
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument, Span};

use crate::admission::Admission;
use crate::balance::Address;
use crate::breaker::Verdict;
use crate::context::timeout_header;
use crate::dice::Dice;
use crate::error::is_transient;
use crate::outgoing::Outgoing;
use crate::request_body::{Progress, Sent};
use crate::trace::{self, Recorded, TRACEPARENT};
use crate::{
    BoxError, HttpClient, MISSING_ANOTHER, PROXY_STATUS, PeerError, PeerSettings, REQUEST_TIMEOUT_MS, RequestBody,
    ResponseBody,
};

/// What an attempt ended with.
pub(crate) type Ended = Result<Response<ResponseBody>, PeerError>;

/// Whether the same request may fare better a moment later. An instance that says when to come back is believed, which does
/// not keep anybody from asking `another`; unless what it misses is missing there as well.
pub(crate) fn is_worth_a_retry(ended: &Ended, another: bool) -> bool {
    match ended {
        Ok(answer) if another => is_transient(answer.status()) && !misses_another(answer.headers()),
        Ok(answer) => is_transient(answer.status()) && !answer.headers().contains_key(RETRY_AFTER),
        Err(error) => error.is_retryable(),
    }
}

/// One try at one instance, with its timeout inside: whatever happens, the breaker and the instance hear of it.
pub(crate) struct Attempt<'a> {
    pub(crate) peer: &'a Arc<str>,
    pub(crate) address: &'a Address,
    pub(crate) settings: &'a PeerSettings,
    pub(crate) http: &'a HttpClient,
    /// How long this one may take.
    pub(crate) timeout: Duration,
    /// When the whole call ends.
    pub(crate) deadline: Instant,
    /// Names spans.
    pub(crate) spans: &'a Dice,
}

/// The time ran out.
struct Elapsed {
    /// It was the attempt's own time, not merely what the caller's deadline had left of it.
    in_full: bool,
}

impl Attempt<'_> {
    /// What came of it, and the request's body if that is a stream that nobody has begun to send.
    pub(crate) async fn run(self, outgoing: Outgoing, to: Uri, admission: Admission) -> (Ended, Option<RequestBody>) {
        let mut outgoing = outgoing;
        let started = Instant::now();
        let left = self.deadline.saturating_duration_since(started).min(self.timeout);
        let span = self.record(&mut outgoing);
        outgoing.headers_mut().insert(REQUEST_TIMEOUT_MS, timeout_header(left));
        let (request, progress) = outgoing.into_parts(to, self.address);
        let ended = self.follow(request, &progress, admission, started).instrument(span.clone()).await;
        note(&span, &ended);
        let untouched = if matches!(ended, Err(PeerError::Connect { .. })) { progress.take_untouched() } else { None };
        (ended, untouched)
    }

    /// The attempt's span, of which the request then says that it comes from there.
    fn record(&self, outgoing: &mut Outgoing) -> Span {
        let address = self.address.authority.as_str();
        let recorded =
            trace::called(self.peer, address, outgoing.method(), outgoing.headers(), || self.spans.bits().max(1));
        let Some(Recorded { span, inside }) = recorded else { return Span::none() };
        outgoing.headers_mut().insert(TRACEPARENT, inside.to_header());
        span
    }

    async fn follow(
        &self,
        request: Request<Sent>,
        progress: &Arc<Progress>,
        mut admission: Admission,
        started: Instant,
    ) -> Ended {
        admission.watch(progress);
        let answer = match self.exchange(request, progress).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(self.failed(error, progress, admission)),
            Err(elapsed) => return Err(self.timed_out(&elapsed, started.elapsed(), progress, admission)),
        };
        let latency = progress.finished_at().unwrap_or(started).elapsed();
        let call = match verdict(answer.status(), answer.headers()) {
            Verdict::Success => {
                admission.answered(latency);
                Some(admission)
            }
            decided => {
                admission.settle(decided);
                None
            }
        };
        let idle = self.settings.body_idle_timeout;
        Ok(answer.map(|body| ResponseBody::new(body, Arc::clone(self.peer), idle, call)))
    }

    /// Waits for the answer's headers. The attempt's time starts anew whenever the request's body moves, for a long upload
    /// is no slow upstream, and for the last time at its end; the call's deadline stands.
    async fn exchange(
        &self,
        request: Request<Sent>,
        progress: &Progress,
    ) -> Result<Result<Response<Incoming>, Error>, Elapsed> {
        let mut answer = pin!(self.http.call(request));
        loop {
            let steps = progress.steps();
            let full = progress.finished_at().unwrap_or_else(Instant::now) + self.timeout;
            if let Ok(answer) = timeout_at(full.min(self.deadline), answer.as_mut()).await {
                return Ok(answer);
            }
            let is_last = full > self.deadline;
            if is_last || progress.steps() == steps {
                return Err(Elapsed { in_full: !is_last && self.timeout >= self.settings.attempt_timeout });
            }
        }
    }

    fn failed(&self, source: Error, progress: &Progress, admission: Admission) -> PeerError {
        let peer = Arc::clone(self.peer);
        if progress.failed() {
            drop(admission);
            return PeerError::RequestBody { peer, source: Some(BoxError::from(source)) };
        }
        admission.settle(Verdict::Failure);
        if source.is_connect() {
            return PeerError::Connect { peer, source };
        }
        PeerError::Broken { peer, source: BoxError::from(source) }
    }

    fn timed_out(&self, elapsed: &Elapsed, after: Duration, progress: &Progress, admission: Admission) -> PeerError {
        let peer = Arc::clone(self.peer);
        if progress.awaits_caller() {
            drop(admission);
            return PeerError::RequestBody { peer, source: None };
        }
        // What the caller took for its body says nothing about the upstream.
        let silent = progress.moved_at().map_or(after, |moved| moved.elapsed().min(after));
        if elapsed.in_full || silent >= patience(self.settings) {
            admission.settle(Verdict::Failure);
        }
        PeerError::Timeout { peer, after }
    }
}

/// Tells the attempt's span how it ended.
fn note(span: &Span, ended: &Ended) {
    match ended {
        Ok(answer) => Recorded::answered(span, answer.status()),
        Err(error) => {
            span.record("otel.status_code", "ERROR");
            span.record("error.type", error.kind());
        }
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
