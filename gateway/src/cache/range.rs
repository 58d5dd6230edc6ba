//! Parts of a stored representation (RFC 9110 §14).

use std::ops::Range;

use http::{HeaderMap, header};

/// What a client wants of a representation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// All of it, or what only the whole can answer: several ranges, other units, nonsense.
    Whole,
    /// These bytes, at least one.
    Part(Range<usize>),
    /// Bytes beyond its end.
    Unsatisfiable,
}

/// What the `Range` of a GET asks for of a stored representation with these headers and so many bytes.
pub(super) fn asked_for(request: &HeaderMap, stored: &HeaderMap, length: usize) -> Asked {
    let is_current = request.get(header::IF_RANGE).is_none_or(|known| is_still(known.as_bytes(), stored));
    let text = request.get(header::RANGE).and_then(|value| value.to_str().ok());
    match text.and_then(|text| text.trim().strip_prefix("bytes=")) {
        Some(range) if is_current => part(range, length).unwrap_or(Asked::Whole),
        _ => Asked::Whole,
    }
}

/// Whether the validator of `If-Range` is that of the stored representation; it has to be strong (RFC 9110 §13.1.5).
fn is_still(known: &[u8], stored: &HeaderMap) -> bool {
    let is_weak = known.starts_with(b"W/");
    let validators = [header::ETAG, header::LAST_MODIFIED];
    !is_weak && validators.iter().any(|name| stored.get(name).is_some_and(|value| value.as_bytes() == known))
}

/// `first-last`, `first-` or `-length` (RFC 9110 §14.1.2); none when it is neither, or more than one.
fn part(range: &str, length: usize) -> Option<Asked> {
    let (first, last) = range.split_once('-')?;
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse().unwrap_or(usize::MAX))
    };
    let (start, end) = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => (first, last.saturating_add(1).min(length)),
        (Some(first), None) if last.is_empty() => (first, length),
        (None, Some(suffix)) if first.is_empty() => (length.saturating_sub(suffix), length),
        _ => return None,
    };
    Some(if start < end { Asked::Part(start..end) } else { Asked::Unsatisfiable })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs.iter();
        pairs.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn one_range_of_bytes_is_cut_out() {
        for (range, asked) in [
            ("bytes=0-1", Asked::Part(0..2)),
            ("bytes=9-", Asked::Part(9..10)),
            ("bytes=5-99", Asked::Part(5..10)),
            ("bytes=-3", Asked::Part(7..10)),
            ("bytes=-99", Asked::Part(0..10)),
            ("bytes=0-18446744073709551616", Asked::Part(0..10)),
            ("bytes=10-", Asked::Unsatisfiable),
            ("bytes=-0", Asked::Unsatisfiable),
            ("bytes=99999999999999999999-", Asked::Unsatisfiable),
            ("bytes=2-1", Asked::Whole),
            ("bytes=0-1,3-4", Asked::Whole),
            ("bytes=", Asked::Whole),
            ("bytes=-", Asked::Whole),
            ("bytes=+1-2", Asked::Whole),
            ("items=0-1", Asked::Whole),
        ] {
            assert_eq!(asked_for(&headers(&[("range", range)]), &HeaderMap::new(), 10), asked, "{range}");
        }
        assert_eq!(asked_for(&headers(&[("range", "bytes=0-")]), &HeaderMap::new(), 0), Asked::Unsatisfiable);
    }

    #[test]
    fn a_part_of_something_else_is_not_handed_out() {
        let stored = headers(&[("etag", "\"4\""), ("last-modified", "Fri, 15 Jan 2027 07:00:00 GMT")]);
        for (known, asked) in [
            ("\"4\"", Asked::Part(0..2)),
            ("Fri, 15 Jan 2027 07:00:00 GMT", Asked::Part(0..2)),
            ("\"3\"", Asked::Whole),
            ("W/\"4\"", Asked::Whole),
            ("Fri, 15 Jan 2027 08:00:00 GMT", Asked::Whole),
        ] {
            let request = headers(&[("range", "bytes=0-1"), ("if-range", known)]);
            assert_eq!(asked_for(&request, &stored, 10), asked, "{known}");
        }
    }
}
