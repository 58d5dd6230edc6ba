//! The names by which a request is found again: its id and its trace (W3C Trace Context).

use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue};
use peer::trace::TraceParent;

pub(crate) use peer::trace::TRACEPARENT;

pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longer request ids are replaced, bytes.
const LONGEST_ID: usize = 128;

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

    /// The client's request id if it is 1 to 128 letters, digits and `-_.`, or a new one.
    pub(crate) fn request_id(&self, headers: &HeaderMap) -> HeaderValue {
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let given = headers.get(X_REQUEST_ID);
        let sane = given.filter(|v| (1..=LONGEST_ID).contains(&v.len()) && v.as_bytes().iter().all(is_plain));
        sane.cloned().unwrap_or_else(|| {
            let mut text = [0; 32];
            write_hex(&mut text[..16], self.next());
            write_hex(&mut text[16..], self.next());
            to_value(&text)
        })
    }

    /// The client's `traceparent` if it is one, or a new trace, one of those that are recorded if the dice say so.
    pub(crate) fn traceparent(&self, headers: &HeaderMap) -> HeaderValue {
        let given = headers.get(TRACEPARENT).filter(|value| TraceParent::parse(value.as_bytes()).is_some());
        given.cloned().unwrap_or_else(|| {
            let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
            let lower = self.next();
            write_hex(&mut text[3..19], self.next());
            write_hex(&mut text[19..35], lower);
            write_hex(&mut text[36..52], self.next());
            if lower < self.sampled_below {
                text[54] = b'1';
            }
            to_value(&text)
        })
    }

    /// Never 0, which Trace Context forbids. The generator is `SplitMix64`, a permutation, so a process repeats nothing.
    pub(crate) fn next(&self) -> u64 {
        loop {
            let count = self.made.fetch_add(1, Ordering::Relaxed);
            let mut bits = self.seed.wrapping_add(count.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            bits ^= bits >> 31;
            if bits != 0 {
                return bits;
            }
        }
    }
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
        assert_eq!(ids.request_id(&headers(X_REQUEST_ID, "a-B_1.c")), "a-B_1.c");
        for odd in ["", "a b", "<script>", &"x".repeat(129)] {
            let made = ids.request_id(&headers(X_REQUEST_ID, odd));
            assert_eq!(made.len(), 32, "{odd}");
        }
    }

    #[test]
    fn made_ids_do_not_repeat() {
        let ids = Ids::new(7, 0.0);
        let made: HashSet<_> = (0..10_000).map(|_| ids.request_id(&HeaderMap::new())).collect();
        assert_eq!(made.len(), 10_000);
        assert!(!made.contains(&Ids::new(8, 0.0).request_id(&HeaderMap::new())));
    }

    #[test]
    fn a_trace_is_continued_or_begun() {
        let ids = Ids::new(7, 0.0);
        let given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(ids.traceparent(&headers(TRACEPARENT, given)), given);
        assert_eq!(trace_id(&HeaderValue::from_static(given)), "4bf92f3577b34da6a3ce929d0e0e4736");
        for odd in ["", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", &given.to_uppercase(), "ff-1-2-3"] {
            let made = ids.traceparent(&headers(TRACEPARENT, odd));
            assert!(TraceParent::parse(made.as_bytes()).is_some_and(|made| !made.sampled) && made != given, "{odd}");
        }
    }
    #[test]
    fn so_many_of_the_traces_that_begin_here_are_recorded() {
        let recorded = |ratio: f64| {
            let ids = Ids::new(7, ratio);
            let new = || TraceParent::parse(ids.traceparent(&HeaderMap::new()).as_bytes()).unwrap();
            (0..10_000).filter(|_| new().sampled).count()
        };
        assert_eq!((recorded(0.0), recorded(1.0)), (0, 10_000));
        assert!((900..1_100).contains(&recorded(0.1)), "{}", recorded(0.1));
    }
}
