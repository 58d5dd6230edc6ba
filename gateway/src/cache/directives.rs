//! `Cache-Control` of requests and responses (RFC 9111 §5.2), with the extensions of RFC 5861 and the targeted fields of
//! RFC 9213.

use std::time::Duration;

use http::{HeaderMap, HeaderName, header};

use super::structured::{Bare, dictionary};

/// The field that is meant for caches of the server's side, and goes before `Cache-Control` there (RFC 9213 §3.1).
pub(crate) const CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");

/// Longer times mean for ever (RFC 9111 §1.2.2).
const LONGEST_SECONDS: u64 = 1 << 31;

/// What a response says about being stored and reused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "these are the protocol's own flags, each independent of the others")]
pub(crate) struct ResponseDirectives {
    pub(crate) no_store: bool,
    pub(crate) no_cache: bool,
    pub(crate) private: bool,
    pub(crate) must_understand: bool,
    /// `must-revalidate` or `proxy-revalidate`: for a shared cache they say the same.
    pub(crate) must_revalidate: bool,
    pub(crate) max_age: Option<Duration>,
    pub(crate) s_maxage: Option<Duration>,
    pub(crate) stale_while_revalidate: Option<Duration>,
    pub(crate) stale_if_error: Option<Duration>,
    /// Whether they come from a targeted field: then `Expires` does not count either.
    pub(crate) targeted: bool,
}

impl ResponseDirectives {
    /// Reads `CDN-Cache-Control` where it is there and well formed, `Cache-Control` otherwise.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self::targeted(headers).unwrap_or_else(|| {
            let mut directives = Self::default();
            for_each(headers, &header::CACHE_CONTROL, |name, value| directives.set(name, value));
            directives
        })
    }

    fn targeted(headers: &HeaderMap) -> Option<Self> {
        let lines: Option<Vec<&str>> = headers.get_all(CDN_CACHE_CONTROL).iter().map(|v| v.to_str().ok()).collect();
        let text = lines?.join(", ");
        let members = dictionary(&text).filter(|members| !members.is_empty())?;
        let mut directives = Self { targeted: true, ..Self::default() };
        for (name, value) in members {
            match value {
                Bare::Integer(seconds) => directives.set(name, Some(&seconds.to_string())),
                Bare::Boolean(true) => directives.set(name, None),
                Bare::Boolean(false) | Bare::Other | Bare::String(_) => {}
            }
        }
        Some(directives)
    }

    fn set(&mut self, name: &str, value: Option<&str>) {
        match name {
            "no-store" => self.no_store = true,
            // Naming single fields is allowed; a cache may take it for the whole response, and this one does.
            "no-cache" => self.no_cache = true,
            "private" => self.private = true,
            "must-understand" => self.must_understand = true,
            "must-revalidate" | "proxy-revalidate" => self.must_revalidate = true,
            "max-age" => shorter(&mut self.max_age, value),
            "s-maxage" => shorter(&mut self.s_maxage, value),
            "stale-while-revalidate" => shorter(&mut self.stale_while_revalidate, value),
            "stale-if-error" => shorter(&mut self.stale_if_error, value),
            _ => {}
        }
    }
}

/// What a request asks of caches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RequestDirectives {
    pub(crate) no_store: bool,
    pub(crate) no_cache: bool,
    pub(crate) only_if_cached: bool,
    pub(crate) max_age: Option<Duration>,
    pub(crate) min_fresh: Option<Duration>,
    /// How stale an answer may be; the longest time when the directive names none.
    pub(crate) max_stale: Option<Duration>,
}

impl RequestDirectives {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut directives = Self::default();
        for_each(headers, &header::CACHE_CONTROL, |name, value| match name {
            "no-store" => directives.no_store = true,
            "no-cache" => directives.no_cache = true,
            "only-if-cached" => directives.only_if_cached = true,
            "max-age" => shorter(&mut directives.max_age, value),
            "min-fresh" => shorter(&mut directives.min_fresh, value),
            "max-stale" => {
                let limit = value.map_or(Duration::from_secs(LONGEST_SECONDS), seconds);
                directives.max_stale = Some(limit);
            }
            _ => {}
        });
        // RFC 9111 §5.4: only where there is no Cache-Control.
        if !headers.contains_key(header::CACHE_CONTROL) {
            for_each(headers, &header::PRAGMA, |name, _| directives.no_cache |= name == "no-cache");
        }
        directives
    }
}

/// Of a directive that is there twice the smaller value counts: nobody is told that something is fresher than it is.
fn shorter(known: &mut Option<Duration>, value: Option<&str>) {
    let found = value.map_or(Duration::ZERO, seconds);
    *known = Some(known.map_or(found, |known| known.min(found)));
}

/// Delta-seconds; what is none counts as stale (RFC 9111 §4.2.1).
fn seconds(text: &str) -> Duration {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Duration::ZERO;
    }
    Duration::from_secs(text.parse().map_or(LONGEST_SECONDS, |seconds: u64| seconds.min(LONGEST_SECONDS)))
}

/// Calls `each` with every directive of every line of a field, its name in lower case, its value without quotes.
fn for_each(headers: &HeaderMap, field: &HeaderName, mut each: impl FnMut(&str, Option<&str>)) {
    for line in headers.get_all(field) {
        let Ok(mut rest) = line.to_str() else { continue };
        while !rest.is_empty() {
            let (directive, after) = split_directive(rest);
            rest = after;
            let (name, value) = match directive.split_once('=') {
                Some((name, value)) => (name.trim_end(), Some(unquoted(value.trim_start()))),
                None => (directive, None),
            };
            if !name.is_empty() {
                each(&name.to_ascii_lowercase(), value);
            }
        }
    }
}

/// The text up to the next comma outside quotes, and what follows that comma.
fn split_directive(text: &str) -> (&str, &str) {
    let mut quoted = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => return (text[..at].trim(), &text[at + 1..]),
            _ => {}
        }
    }
    (text.trim(), "")
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs =
            pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
        pairs.collect()
    }

    fn response(value: &str) -> ResponseDirectives {
        ResponseDirectives::of(&headers(&[("cache-control", value)]))
    }

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn directives_are_read_in_any_case_spacing_and_quoting() {
        let read = response("Public,MAX-AGE = \"60\" ,, s-maxage=30,ext=\"a, no-store\", must-Revalidate");
        let expected = ResponseDirectives {
            max_age: Some(secs(60)),
            s_maxage: Some(secs(30)),
            must_revalidate: true,
            ..Default::default()
        };
        assert_eq!(read, expected);
    }

    #[test]
    fn a_qualified_directive_counts_as_unqualified() {
        assert!(response("private=\"set-cookie\"").private);
        assert!(response("no-cache=\"set-cookie, x\", max-age=5").no_cache);
    }

    #[test]
    fn what_is_no_number_of_seconds_is_stale_and_what_is_too_large_is_for_ever() {
        for text in ["max-age=abc", "max-age=-1", "max-age=1.5", "max-age=", "max-age", "max-age=60, max-age=0"] {
            assert_eq!(response(text).max_age, Some(secs(0)), "{text}");
        }
        assert_eq!(response("max-age=99999999999999999999").max_age, Some(secs(LONGEST_SECONDS)));
    }

    #[test]
    fn a_targeted_field_goes_before_cache_control() {
        let both = headers(&[("cache-control", "no-store"), ("cdn-cache-control", "max-age=60, stale-if-error=5")]);
        let read = ResponseDirectives::of(&both);
        assert!(!read.no_store && read.targeted);
        assert_eq!((read.max_age, read.stale_if_error), (Some(secs(60)), Some(secs(5))));
    }

    #[test]
    fn a_malformed_or_empty_targeted_field_is_ignored() {
        for malformed in ["max-age=60,", "", "MAX-AGE=60", "max-age:60"] {
            let read =
                ResponseDirectives::of(&headers(&[("cache-control", "max-age=1"), ("cdn-cache-control", malformed)]));
            assert_eq!(read.max_age, Some(secs(1)), "{malformed}");
        }
    }

    #[test]
    fn pragma_counts_only_without_cache_control() {
        assert!(RequestDirectives::of(&headers(&[("pragma", "no-cache")])).no_cache);
        assert!(!RequestDirectives::of(&headers(&[("pragma", "no-cache"), ("cache-control", "max-age=1")])).no_cache);
    }

    #[test]
    fn a_request_says_how_stale_it_may_be() {
        let read = RequestDirectives::of(&headers(&[("cache-control", "max-stale, only-if-cached")]));
        assert!(read.only_if_cached && read.max_stale == Some(secs(LONGEST_SECONDS)));
        let read = RequestDirectives::of(&headers(&[("cache-control", "max-stale=9, min-fresh=3")]));
        assert_eq!((read.max_stale, read.min_fresh), (Some(secs(9)), Some(secs(3))));
    }

    proptest! {
        #[test]
        fn nothing_makes_the_parser_panic(text in "[ -~]{0,60}") {
            let map = headers(&[("cache-control", &text), ("cdn-cache-control", &text)]);
            let _read = (ResponseDirectives::of(&map), RequestDirectives::of(&map));
        }
    }
}
