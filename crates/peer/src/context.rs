use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

/// Milliseconds the caller will still wait, a decimal integer: what gRPC's `grpc-timeout` and Envoy's
/// `x-envoy-expected-rq-timeout-ms` say. A service may stop working on an answer nobody waits for.
pub const REQUEST_TIMEOUT_MS: HeaderName = HeaderName::from_static("x-request-timeout-ms");

/// By which an answer says whose fault it is (RFC 9209).
pub const PROXY_STATUS: HeaderName = HeaderName::from_static("proxy-status");

/// The parameter of `Proxy-Status` with which a service that is well says that one it needs is not (RFC 9209 §2.3.3).
pub const MISSING_ANOTHER: &str = "error=destination_unavailable";

/// W3C Trace Context §3, and the house's request id: passed on unchanged.
const PROPAGATED: [HeaderName; 3] = [
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
];

/// No call lasts longer; it also keeps deadlines within what a clock can hold.
const LONGEST: Duration = Duration::from_hours(24);

/// On whose behalf, and until when, a call is made.
#[derive(Clone, Debug)]
pub struct CallContext {
    deadline: Instant,
    idempotent: bool,
    halved: bool,
    /// The values of [`PROPAGATED`], in its order.
    propagated: [Option<HeaderValue>; 3],
}

impl CallContext {
    /// A call that ends within `time` (a day at most), retries included, on nobody's behalf.
    pub fn within(time: Duration) -> Self {
        let deadline = Instant::now() + time.min(LONGEST);
        Self { deadline, idempotent: false, halved: false, propagated: Default::default() }
    }

    /// A call made while serving a request with these headers: it carries the same request id and trace, and ends within
    /// `at_most` or the time that request has left ([`REQUEST_TIMEOUT_MS`]), whichever is shorter.
    pub fn serving(headers: &HeaderMap, at_most: Duration) -> Self {
        let propagated = PROPAGATED.map(|name| headers.get(name).cloned());
        let time = remaining_time(headers).map_or(at_most, |left| left.min(at_most));
        Self { propagated, ..Self::within(time) }
    }

    /// Says that repeating the call does no harm, whatever its method; GET, HEAD and OPTIONS need no saying.
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// Says that no attempt is to use up the time which another instance would need: the first has half of it. For calls that
    /// are answered at once or not at all; one instance that hangs then costs time and no answer.
    #[must_use]
    pub fn halved(mut self) -> Self {
        self.halved = true;
        self
    }

    /// The moment after which nobody waits for the answer.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    pub(crate) fn is_halved(&self) -> bool {
        self.halved
    }

    pub(crate) fn is_idempotent(&self) -> bool {
        self.idempotent
    }

    /// Sets the propagated headers, over whatever `headers` says.
    pub(crate) fn stamp(&self, headers: &mut HeaderMap) {
        for (name, value) in PROPAGATED.into_iter().zip(&self.propagated) {
            if let Some(value) = value {
                headers.insert(name, value.clone());
            }
        }
    }
}

/// The header's value for `left`, rounded down: never more than there is.
pub(crate) fn timeout_header(left: Duration) -> HeaderValue {
    HeaderValue::from(u64::try_from(left.as_millis()).unwrap_or(u64::MAX))
}

/// A header that is not a number says nothing and is ignored, as RFC 9110 §5.1 asks for unknown fields.
fn remaining_time(headers: &HeaderMap) -> Option<Duration> {
    headers.get(REQUEST_TIMEOUT_MS)?.to_str().ok()?.parse().ok().map(Duration::from_millis)
}
