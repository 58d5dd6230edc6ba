//! Traces: what `traceparent` says (W3C Trace Context §3.2), and the spans that a trace is made of.
//!
//! A span is one of `tracing`'s, with target [`TARGET`] and its ids as fields, so that whoever makes one need not know who
//! exports it. As long as nobody listens to that target none is made, and calls carry on the trace as it came.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tracing::field::Empty;
use tracing::{Level, Span};

/// The header that names a request's trace and the span that made it.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The target of spans that are meant for a collector of traces.
pub const TARGET: &str = "lendery::spans";

/// Version 00 of a `traceparent`, bytes.
const LENGTH: usize = 55;

/// Which trace a request belongs to, and which of its spans made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    pub trace_id: u128,
    pub span_id: u64,
    /// Whether somebody records the trace (§3.2.2.5.1).
    pub sampled: bool,
}

impl TraceParent {
    /// A `traceparent` of version 00: both ids in lower-case hexadecimal and not zero. None for anything else.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let is_dashed = text.len() == LENGTH && text[2] == b'-' && text[35] == b'-' && text[52] == b'-';
        if !is_dashed || &text[..2] != b"00" {
            return None;
        }
        let (trace_id, span_id, flags) = (hex(&text[3..35])?, hex(&text[36..52])?, hex(&text[53..])?);
        let span_id = u64::try_from(span_id).ok()?;
        (trace_id != 0 && span_id != 0).then_some(Self { trace_id, span_id, sampled: flags & 1 == 1 })
    }

    /// As a header says it.
    pub fn to_header(self) -> HeaderValue {
        HeaderValue::try_from(self.to_string()).unwrap_or(HeaderValue::from_static(""))
    }

    fn within(self, span_id: u64) -> Self {
        Self { span_id, ..self }
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.span_id, u8::from(self.sampled))
    }
}

/// Lower case only, as Trace Context asks.
fn hex(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(value))
    })
}

/// Whether spans of this trace are recorded here. Where nobody listens to spans that costs one look at a flag.
pub fn is_recorded(traceparent: &HeaderValue) -> bool {
    recorded(traceparent).is_some()
}

fn recorded(traceparent: &HeaderValue) -> Option<TraceParent> {
    let is_heard = tracing::span_enabled!(target: TARGET, Level::INFO);
    let parent = is_heard.then(|| TraceParent::parse(traceparent.as_bytes())).flatten();
    parent.filter(|parent| parent.sampled)
}

/// A span of what is being done, and what calls made for it say of their trace.
#[derive(Debug)]
pub struct Recorded {
    pub span: Span,
    pub inside: TraceParent,
}

impl Recorded {
    /// Notes the status that was answered with; a server's own failure counts as one (OpenTelemetry's conventions for HTTP).
    pub fn answered(span: &Span, status: StatusCode) {
        span.record("http.response.status_code", status.as_u16());
        if status.is_server_error() {
            span.record("otel.status_code", "ERROR");
        }
    }
}

/// The span of a request that `service` serves, if its trace is recorded; `route` is a template. `span_id` is called only then.
pub fn served(
    service: &'static str,
    method: &Method,
    route: &str,
    traceparent: &HeaderValue,
    span_id: impl FnOnce() -> u64,
) -> Option<Recorded> {
    let parent = recorded(traceparent)?;
    let inside = parent.within(span_id());
    let span = tracing::info_span!(
        target: TARGET,
        "request",
        otel.name = %format_args!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = Empty,
        service.name = service,
        trace.id = parent.trace_id,
        trace.parent_id = parent.span_id,
        trace.span_id = inside.span_id,
        http.request.method = %method,
        http.route = route,
        http.response.status_code = Empty,
    );
    Some(Recorded { span, inside })
}

/// The span of one attempt to call `upstream`, if its trace is recorded.
pub(crate) fn called(
    upstream: &str,
    address: &str,
    method: &Method,
    headers: &HeaderMap,
    span_id: impl FnOnce() -> u64,
) -> Option<Recorded> {
    let parent = recorded(headers.get(TRACEPARENT)?)?;
    let inside = parent.within(span_id());
    let span = tracing::info_span!(
        target: TARGET,
        "call",
        otel.name = %format_args!("{method} {upstream}"),
        otel.kind = "client",
        otel.status_code = Empty,
        trace.id = parent.trace_id,
        trace.parent_id = parent.span_id,
        trace.span_id = inside.span_id,
        peer.service = upstream,
        server.address = address,
        http.request.method = %method,
        http.response.status_code = Empty,
        error.type = Empty,
    );
    Some(Recorded { span, inside })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_traceparent_is_read_and_written_the_same() {
        let parent = TraceParent::parse(GIVEN.as_bytes()).unwrap();
        assert!(parent.sampled);
        assert_eq!(parent.trace_id, 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
        assert_eq!(parent.to_header(), GIVEN);
        let inside = parent.within(7).to_string();
        assert_eq!(inside, "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000007-01");
    }

    #[test]
    fn what_is_none_is_not_taken_for_one() {
        let upper = GIVEN.to_uppercase();
        let odd = [
            "",
            "00",
            &upper,
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473+-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
        ];
        for odd in odd {
            assert_eq!(TraceParent::parse(odd.as_bytes()), None, "{odd}");
        }
    }

    #[test]
    fn nothing_is_recorded_where_nobody_listens() {
        let given = HeaderValue::from_static(GIVEN);
        assert!(!is_recorded(&given));
        assert!(served("test", &Method::GET, "/", &given, || unreachable!("no id is made")).is_none());
    }
}
