//! The policy beside another implementation of RFC 9111, `http-cache-semantics`, over responses made at random.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_cache_semantics::{CacheOptions, CachePolicy};
use proptest::prelude::*;

use super::directives::RequestDirectives;
use super::freshness::{Freshness, Reuse};
use super::policy::{Arrival, NotStored, Rules, storable};
use super::time::Timestamp;

/// 2027-01-15T08:00:00Z.
const START: u64 = 1_800_000_000;

/// What this cache leaves to the operator is set so that nothing but the standard decides.
const RULES: Rules =
    Rules { default_ttl: None, negative_ttl: Duration::from_secs(u64::MAX), errors: false, stale_if_error: None };

/// Statuses that both know. Others need a lifetime here and are not stored at all there.
const STATUSES: [u16; 10] = [200, 203, 204, 300, 301, 308, 404, 410, 500, 503];

#[derive(Debug, Clone)]
struct Sample {
    status: u16,
    cache_control: Vec<String>,
    expires: Option<i64>,
    age: Option<u64>,
    has_validator: bool,
}

fn directive() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => (0u64..200).prop_map(|seconds| format!("max-age={seconds}")),
        2 => (0u64..200).prop_map(|seconds| format!("s-maxage={seconds}")),
        2 => Just("public".to_owned()),
        1 => prop::sample::select(vec!["no-store", "private", "no-cache", "must-revalidate", "unknown=\"a,b\""])
            .prop_map(ToOwned::to_owned),
    ]
}

fn sample() -> impl Strategy<Value = Sample> {
    let directives = prop::collection::btree_map("[a-d]", directive(), 0..4).prop_map(|named| {
        // Of several values for one directive each implementation may take its own choice (RFC 9111 §4.2.1).
        let mut seen = std::collections::BTreeSet::new();
        let name = |text: &String| text.split('=').next().unwrap_or_default().to_ascii_lowercase();
        named.into_values().filter(|text| seen.insert(name(text))).collect::<Vec<_>>()
    });
    (
        prop::sample::select(&STATUSES[..]),
        directives,
        prop::option::of(-100i64..200),
        prop::option::of(0u64..150),
        any::<bool>(),
    )
        .prop_map(|(status, cache_control, expires, age, has_validator)| Sample {
            status,
            cache_control,
            expires,
            age,
            has_validator,
        })
}

impl Sample {
    fn headers(&self) -> HeaderMap {
        let start = UNIX_EPOCH + Duration::from_secs(START);
        let text = |text: String| HeaderValue::try_from(text).unwrap();
        let mut headers = HeaderMap::from_iter([(header::DATE, text(httpdate::fmt_http_date(start)))]);
        if !self.cache_control.is_empty() {
            headers.insert(header::CACHE_CONTROL, text(self.cache_control.join(", ")));
        }
        if let Some(seconds) = self.expires {
            let expires = UNIX_EPOCH + Duration::from_secs(START.saturating_add_signed(seconds));
            headers.insert(header::EXPIRES, text(httpdate::fmt_http_date(expires)));
        }
        if let Some(age) = self.age {
            headers.insert(header::AGE, HeaderValue::from(age));
        }
        if self.has_validator {
            headers.insert(header::ETAG, HeaderValue::from_static("\"1\""));
        }
        headers
    }

    fn ours(&self) -> Result<Freshness, NotStored> {
        let headers = self.headers();
        storable(
            &Arrival {
                status: StatusCode::from_u16(self.status).unwrap(),
                headers: &headers,
                received: Timestamp::from_secs(START),
                delay: Duration::ZERO,
                jitter: 0.0,
            },
            &RULES,
        )
    }

    fn theirs(&self) -> CachePolicy {
        let request = Request::get("http://a/").body(()).unwrap();
        let mut response = Response::builder().status(self.status).body(()).unwrap();
        *response.headers_mut() = self.headers();
        let options =
            CacheOptions { cache_heuristic: 0.0, immutable_min_time_to_live: Duration::ZERO, ..Default::default() };
        CachePolicy::new_options(&request, &response, UNIX_EPOCH + Duration::from_secs(START), options)
    }

    fn says(&self, directive: &str) -> bool {
        self.cache_control.iter().any(|said| said.split('=').next().is_some_and(|n| n.eq_ignore_ascii_case(directive)))
    }
}

fn later(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(START + seconds)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_stored_here_may_be_stored_there_and_is_fresh_for_as_long(sample in sample(), seconds in 0u64..400) {
        let theirs = sample.theirs();
        let Ok(ours) = sample.ours() else { return Ok(()) };
        prop_assert!(theirs.is_storable(), "{sample:?}");
        let is_fresh = ours.reuse(&RequestDirectives::default(), Timestamp::from_secs(START + seconds)) == Reuse::Fresh;
        prop_assert_eq!(is_fresh, !theirs.is_stale(later(seconds)), "{:?} after {} s", sample, seconds);
    }

    #[test]
    fn what_is_refused_here_and_fresh_there_is_a_failure_or_forbidden_there_too(sample in sample()) {
        let theirs = sample.theirs();
        if sample.ours().is_err() && theirs.is_storable() && !theirs.is_stale(later(0)) {
            // A 5xx is over before its lifetime is: the house's own rule.
            prop_assert!(sample.status >= 500, "{sample:?}");
        }
    }

    #[test]
    fn no_member_of_a_shared_cache_gets_what_was_private(sample in sample()) {
        if sample.says("private") || sample.says("no-store") {
            prop_assert!(sample.ours().is_err() && !sample.theirs().is_storable(), "{sample:?}");
        }
    }
}
