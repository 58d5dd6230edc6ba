//! What may be stored, and for how long: RFC 9111 §3 as far as a shared cache in front of an API follows it, and the
//! house's own refusals. No I/O, no clock.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};

use super::directives::ResponseDirectives;
use super::freshness::{Freshness, explicit_lifetime};
use super::time::Timestamp;

/// What the operator decides for a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rules {
    /// For a 200 that says nothing of its lifetime; none means that it is not stored.
    pub(crate) default_ttl: Option<Duration>,
    /// The longest time for an error.
    pub(crate) negative_ttl: Duration,
    /// Whether errors besides 404 and 410 are stored that say for how long.
    pub(crate) errors: bool,
    /// For how long a stale response that says nothing of it may stand in for a failure.
    pub(crate) stale_if_error: Option<Duration>,
}

/// A response with the circumstances of its arrival.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival<'a> {
    pub(crate) status: StatusCode,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) received: Timestamp,
    /// From asking the upstream to its answer.
    pub(crate) delay: Duration,
    /// A share from 0 to 1 by which the lifetime is shortened, so that what was stored together does not expire together.
    pub(crate) jitter: f64,
}

/// Why a response is not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotStored {
    /// The upstream failed. The failure may be told to everybody who waits for the same.
    Failure,
    /// The response is for this request only.
    Forbidden(&'static str),
}

/// Decides on a response to a GET without credentials.
///
/// # Errors
/// With the reason when it must not be stored.
pub(crate) fn storable(arrival: &Arrival<'_>, rules: &Rules) -> Result<Freshness, NotStored> {
    let Arrival { status, headers, received, delay, jitter } = *arrival;
    let mut directives = ResponseDirectives::of(headers);
    let explicit = explicit_lifetime(&directives, headers, received);
    check_status(status, rules.errors && explicit.is_some())?;
    check_directives(&directives, status)?;
    if headers.contains_key(header::SET_COOKIE) {
        return Err(NotStored::Forbidden("set-cookie"));
    }
    let has_validator = headers.contains_key(header::ETAG) || headers.contains_key(header::LAST_MODIFIED);
    let lifetime = match explicit {
        Some(lifetime) => lifetime,
        None if directives.no_cache => Duration::ZERO,
        None => rules.default_ttl.filter(|_| status == StatusCode::OK).ok_or(NotStored::Forbidden("no-freshness"))?,
    };
    let lifetime = if is_negative(status) { lifetime.min(rules.negative_ttl) } else { lifetime };
    // s-maxage forbids stale answers like proxy-revalidate (RFC 9111 §5.2.2.10), unless the response itself allows them.
    if directives.stale_if_error.is_none() && directives.s_maxage.is_none() && !is_negative(status) {
        directives.stale_if_error = rules.stale_if_error;
    }
    let freshness = Freshness::new(&directives, lifetime, headers, received, delay, jitter);
    // What can neither be used nor confirmed is worth no memory.
    let is_useful = freshness.is_shareable() || has_validator && !is_negative(status);
    if is_useful { Ok(freshness) } else { Err(NotStored::Forbidden("no-freshness")) }
}

/// `errors` is whether this one may be stored if it is an error.
fn check_status(status: StatusCode, errors: bool) -> Result<(), NotStored> {
    match status.as_u16() {
        206 | 304 => Err(NotStored::Forbidden("status")),
        200..=399 | 404 | 410 => Ok(()),
        _ if errors => Ok(()),
        500..=599 => Err(NotStored::Failure),
        // 400, 405, 431 and their kind answer the oddity of one request.
        _ => Err(NotStored::Forbidden("status")),
    }
}

fn check_directives(directives: &ResponseDirectives, status: StatusCode) -> Result<(), NotStored> {
    if directives.private {
        return Err(NotStored::Forbidden("private"));
    }
    // RFC 9111 §5.2.2.3: no-store beside must-understand is for caches that do not know the status.
    let understood = is_understood(status);
    if directives.must_understand && !understood {
        return Err(NotStored::Forbidden("must-understand"));
    }
    if directives.no_store && !(directives.must_understand && understood) {
        return Err(NotStored::Forbidden("no-store"));
    }
    Ok(())
}

fn is_understood(status: StatusCode) -> bool {
    matches!(status.as_u16(), 200 | 203 | 204 | 300 | 301 | 302 | 303 | 307 | 308 | 404 | 410)
}

fn is_negative(status: StatusCode) -> bool {
    status.as_u16() >= 400
}

/// Whether an upstream's answer to a validation is a failure that a stored response may stand in for (RFC 5861 §4).
pub(crate) fn is_failure(status: StatusCode) -> bool {
    matches!(status.as_u16(), 500 | 502 | 503 | 504)
}

#[cfg(test)]
mod tests {
    use super::super::directives::RequestDirectives;
    use super::super::freshness::Reuse;
    use super::*;
    use http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    const START: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn decide(status: u16, pairs: &[(&'static str, &str)], rules: &Rules) -> Result<Freshness, NotStored> {
        let pairs =
            pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
        let headers: HeaderMap = pairs.collect();
        let status = StatusCode::from_u16(status).unwrap();
        let arrival = Arrival { status, headers: &headers, received: START, delay: Duration::ZERO, jitter: 0.0 };
        storable(&arrival, rules)
    }

    const RULES: Rules =
        Rules { default_ttl: None, negative_ttl: Duration::from_secs(5), errors: false, stale_if_error: None };

    #[test]
    fn what_is_never_stored() {
        let cases: [(u16, &[(&'static str, &str)]); 14] = [
            (200, &[("cache-control", "no-store, max-age=60")]),
            (200, &[("cache-control", "private, max-age=60")]),
            (200, &[("cache-control", "private=\"x\", max-age=60")]),
            (200, &[("cache-control", "max-age=60"), ("set-cookie", "a=b")]),
            (206, &[("cache-control", "max-age=60")]),
            (304, &[("cache-control", "max-age=60")]),
            (400, &[("cache-control", "max-age=60")]),
            (405, &[("cache-control", "max-age=60")]),
            (431, &[("cache-control", "max-age=60")]),
            (500, &[("cache-control", "max-age=60")]),
            (503, &[("cache-control", "max-age=60")]),
            (299, &[("cache-control", "must-understand, max-age=60")]),
            (200, &[]),
            (200, &[("cache-control", "no-cache")]),
        ];
        for (status, headers) in cases {
            assert!(decide(status, headers, &RULES).is_err(), "{status} {headers:?}");
        }
    }

    #[test]
    fn failures_may_be_told_to_all_who_wait_and_nothing_else_that_is_not_stored() {
        assert_eq!(decide(503, &[], &RULES), Err(NotStored::Failure));
        for status in [200, 206, 400, 405] {
            assert!(matches!(decide(status, &[], &RULES), Err(NotStored::Forbidden(_))), "{status}");
        }
    }

    #[test]
    fn what_is_missing_is_stored_only_briefly() {
        for status in [404, 410] {
            let stored = decide(status, &[("cache-control", "max-age=3600")], &RULES).unwrap();
            assert_eq!(stored.ttl_seconds(START), 5);
        }
        let off = Rules { negative_ttl: Duration::ZERO, ..RULES };
        assert!(decide(404, &[("cache-control", "max-age=3600")], &off).is_err());
    }

    #[test]
    fn a_default_lifetime_is_for_those_who_say_nothing() {
        let rules = Rules { default_ttl: Some(Duration::from_secs(30)), ..RULES };
        assert_eq!(decide(200, &[], &rules).unwrap().ttl_seconds(START), 30);
        assert_eq!(decide(200, &[("cache-control", "max-age=7")], &rules).unwrap().ttl_seconds(START), 7);
        assert!(decide(302, &[], &rules).is_err());
    }

    #[test]
    fn what_has_to_be_confirmed_each_time_is_stored_with_its_validator() {
        for headers in [
            [("cache-control", "no-cache, max-age=60"), ("etag", "\"1\"")],
            [("cache-control", "max-age=0"), ("last-modified", "Fri, 15 Jan 2027 07:00:00 GMT")],
        ] {
            let stored = decide(200, &headers, &RULES).unwrap();
            assert!(!stored.is_shareable());
            assert_eq!(stored.reuse(&RequestDirectives::default(), START), Reuse::AfterValidation);
        }
    }

    #[test]
    fn must_understand_lifts_no_store_for_a_known_status() {
        assert!(decide(200, &[("cache-control", "must-understand, no-store, max-age=60")], &RULES).is_ok());
    }

    #[test]
    fn a_targeted_field_decides_alone() {
        let stored = decide(200, &[("cache-control", "public, no-cache"), ("cdn-cache-control", "max-age=60")], &RULES);
        assert_eq!(stored.unwrap().ttl_seconds(START), 60);
        let refused = decide(200, &[("cache-control", "max-age=60"), ("cdn-cache-control", "no-store")], &RULES);
        assert_eq!(refused, Err(NotStored::Forbidden("no-store")));
    }

    proptest! {
        #[test]
        fn no_store_and_private_are_never_stored_whatever_else_is_said(
            status in 200u16..600, before in "[a-z=0-9, -]{0,20}", word in prop::sample::select(vec!["no-store", "private"]),
        ) {
            let text = format!("{before}, {word}");
            let stored = decide(status, &[("cache-control", &text), ("etag", "\"1\"")], &RULES);
            // The one exception is RFC 9111's own.
            prop_assert!(stored.is_err() || text.contains("must-understand"));
        }
    }
}
