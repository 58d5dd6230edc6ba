//! The names by which a request is found again: its id and its trace (W3C Trace Context).

use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue};

pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Longer request ids are replaced, bytes.
const LONGEST_ID: usize = 128;

/// Makes ids that do not repeat within a process, and between processes only by chance. They are no secrets.
#[derive(Debug)]
pub(crate) struct Ids {
    seed: u64,
    made: AtomicU64,
}

impl Ids {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, made: AtomicU64::new(0) }
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

    /// The client's `traceparent` if it is one, or a new trace that nobody samples.
    pub(crate) fn traceparent(&self, headers: &HeaderMap) -> HeaderValue {
        let given = headers.get(TRACEPARENT).filter(|value| is_traceparent(value.as_bytes()));
        given.cloned().unwrap_or_else(|| {
            let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
            write_hex(&mut text[3..19], self.next());
            write_hex(&mut text[19..35], self.next());
            write_hex(&mut text[36..52], self.next());
            to_value(&text)
        })
    }

    /// Never 0, which Trace Context forbids. The generator is `SplitMix64`, a permutation, so a process repeats nothing.
    fn next(&self) -> u64 {
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

/// Version 00, both ids in lower-case hexadecimal and not zero (Trace Context §3.2).
fn is_traceparent(value: &[u8]) -> bool {
    let is_hex = |part: &[u8]| part.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_id = |part: &[u8]| is_hex(part) && part.iter().any(|byte| *byte != b'0');
    let dashes = value.len() == 55 && value[2] == b'-' && value[35] == b'-' && value[52] == b'-';
    dashes && &value[..2] == b"00" && is_id(&value[3..35]) && is_id(&value[36..52]) && is_hex(&value[53..])
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
        let ids = Ids::new(7);
        assert_eq!(ids.request_id(&headers(X_REQUEST_ID, "a-B_1.c")), "a-B_1.c");
        for odd in ["", "a b", "<script>", &"x".repeat(129)] {
            let made = ids.request_id(&headers(X_REQUEST_ID, odd));
            assert_eq!(made.len(), 32, "{odd}");
        }
    }

    #[test]
    fn made_ids_do_not_repeat() {
        let ids = Ids::new(7);
        let made: HashSet<_> = (0..10_000).map(|_| ids.request_id(&HeaderMap::new())).collect();
        assert_eq!(made.len(), 10_000);
        assert!(!made.contains(&Ids::new(8).request_id(&HeaderMap::new())));
    }

    #[test]
    fn a_trace_is_continued_or_begun() {
        let ids = Ids::new(7);
        let given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(ids.traceparent(&headers(TRACEPARENT, given)), given);
        assert_eq!(trace_id(&HeaderValue::from_static(given)), "4bf92f3577b34da6a3ce929d0e0e4736");
        for odd in ["", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", &given.to_uppercase(), "ff-1-2-3"] {
            let made = ids.traceparent(&headers(TRACEPARENT, odd));
            assert!(is_traceparent(made.as_bytes()) && made != given, "{odd}");
        }
    }
}
