//! The names by which a request is found again: its id and its trace (W3C Trace Context).

use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue};
use peer::trace::TraceParent;

pub(crate) use peer::trace::TRACEPARENT;

pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longer request ids are replaced, bytes.
const LONGEST_ID: usize = 128;

/// By what a request is known in answers, logs and upstreams.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    pub(crate) request_id: HeaderValue,
    pub(crate) traceparent: HeaderValue,
}

/// Makes ids that do not repeat within a process, and between processes only by chance. They are no secrets.
#[derive(Debug)]
pub(crate) struct Ids {
    seed: u64,
    made: AtomicU64,
    /// Traces whose numbers are below it are recorded.
    sampled_below: u64,
}

impl Ids {
    /// `ratio` is the share of new traces that are recorded, 0 to 1.
    pub(crate) fn new(seed: u64, ratio: f64) -> Self {
        Self { seed, made: AtomicU64::new(0), sampled_below: threshold(ratio) }
    }

    /// By what a request with these headers is known: what its client says if that is in order, and else something new.
    pub(crate) fn names(&self, headers: &HeaderMap) -> Names {
        let (request_id, traceparent) = (given_id(headers), given_trace(headers));
        if let (Some(request_id), Some(traceparent)) = (request_id, traceparent) {
            return Names { request_id: request_id.clone(), traceparent: traceparent.clone() };
        }
        let [upper, lower, span, id @ ..] = self.draw::<5>();
        Names {
            request_id: request_id.cloned().unwrap_or_else(|| new_id(id)),
            traceparent: traceparent
                .cloned()
                .unwrap_or_else(|| new_trace([upper, lower, span], self.is_sampled(lower))),
        }
    }

    /// Never 0, which Trace Context forbids.
    pub(crate) fn next(&self) -> u64 {
        let [number] = self.draw();
        number
    }

    /// Numbers that were not drawn before: the generator is `SplitMix64`, a permutation of which only 0 is left out, for a second
    /// 1. They are counted all at once, for threads that count get in each other's way.
    fn draw<const N: usize>(&self) -> [u64; N] {
        let first = self.made.fetch_add(N as u64, Ordering::Relaxed);
        let mut count = first;
        [(); N].map(|()| {
            let mut bits = self.seed.wrapping_add(count.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            count = count.wrapping_add(1);
            bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (bits ^ (bits >> 31)).max(1)
        })
    }

    /// Whether a new trace with this number is recorded: one of so many, as the dice say.
    fn is_sampled(&self, lower: u64) -> bool {
        lower < self.sampled_below
    }
}

/// The client's request id if it is 1 to 128 letters, digits and `-_.`.
fn given_id(headers: &HeaderMap) -> Option<&HeaderValue> {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let given = headers.get(X_REQUEST_ID);
    given.filter(|v| (1..=LONGEST_ID).contains(&v.len()) && v.as_bytes().iter().all(is_plain))
}

/// The client's `traceparent` if it is one.
fn given_trace(headers: &HeaderMap) -> Option<&HeaderValue> {
    headers.get(TRACEPARENT).filter(|value| TraceParent::parse(value.as_bytes()).is_some())
}

fn new_id([upper, lower]: [u64; 2]) -> HeaderValue {
    let mut text = [0; 32];
    write_hex(&mut text[..16], upper);
    write_hex(&mut text[16..], lower);
    to_value(&text)
}

fn new_trace([upper, lower, span]: [u64; 3], is_sampled: bool) -> HeaderValue {
    let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
    write_hex(&mut text[3..19], upper);
    write_hex(&mut text[19..35], lower);
    write_hex(&mut text[36..52], span);
    if is_sampled {
        text[54] = b'1';
    }
    to_value(&text)
}

/// The number below which so large a share of all numbers is.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share is as exact as a float is, and the cast saturates"
)]
fn threshold(ratio: f64) -> u64 {
    (ratio * u64::MAX as f64) as u64
}

/// The 16 hexadecimal digits of a number, without the detour over a formatter: every answer needs some.
fn write_hex(digits: &mut [u8], number: u64) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (pair, byte) in digits.chunks_exact_mut(2).zip(number.to_be_bytes()) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 0xf)];
    }
}

fn to_value(text: &[u8]) -> HeaderValue {
    HeaderValue::from_bytes(text).unwrap_or(HeaderValue::from_static(""))
}

/// The trace that a `traceparent` names.
pub(crate) fn trace_id(traceparent: &HeaderValue) -> &str {
    traceparent.to_str().ok().and_then(|text| text.split('-').nth(1)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn a_sane_request_id_is_kept_and_any_other_replaced() {
        let ids = Ids::new(7, 0.0);
        assert_eq!(ids.names(&headers(X_REQUEST_ID, "a-B_1.c")).request_id, "a-B_1.c");
        for odd in ["", "a b", "<script>", &"x".repeat(129)] {
            let made = ids.names(&headers(X_REQUEST_ID, odd)).request_id;
            assert_eq!(made.len(), 32, "{odd}");
        }
    }

    #[test]
    fn made_ids_do_not_repeat() {
        let ids = Ids::new(7, 0.0);
        let made: HashSet<_> = (0..10_000).map(|_| ids.names(&HeaderMap::new()).request_id).collect();
        assert_eq!(made.len(), 10_000);
        assert!(!made.contains(&Ids::new(8, 0.0).names(&HeaderMap::new()).request_id));
    }

    #[test]
    fn a_trace_is_continued_or_begun() {
        let ids = Ids::new(7, 0.0);
        let given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(ids.names(&headers(TRACEPARENT, given)).traceparent, given);
        assert_eq!(trace_id(&HeaderValue::from_static(given)), "4bf92f3577b34da6a3ce929d0e0e4736");
        for odd in ["", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", &given.to_uppercase(), "ff-1-2-3"] {
            let made = ids.names(&headers(TRACEPARENT, odd)).traceparent;
            assert!(TraceParent::parse(made.as_bytes()).is_some_and(|made| !made.sampled) && made != given, "{odd}");
        }
    }
    #[test]
    fn so_many_of_the_traces_that_begin_here_are_recorded() {
        let recorded = |ratio: f64| {
            let ids = Ids::new(7, ratio);
            let new = || TraceParent::parse(ids.names(&HeaderMap::new()).traceparent.as_bytes()).unwrap();
            (0..10_000).filter(|_| new().sampled).count()
        };
        assert_eq!((recorded(0.0), recorded(1.0)), (0, 10_000));
        assert!((900..1_100).contains(&recorded(0.1)), "{}", recorded(0.1));
    }
}
