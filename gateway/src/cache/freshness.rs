//! How old a stored response is, and how long it may be used (RFC 9111 §4.2, RFC 5861).

use std::time::Duration;

use http::{HeaderMap, header};

use super::directives::{RequestDirectives, ResponseDirectives};
use super::time::Timestamp;

/// Shorter lifetimes are kept exactly: jitter spreads what was stored together, and that takes some seconds.
const SHORTEST_JITTERED: Duration = Duration::from_secs(10);

/// What of a response decides on its reuse later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Freshness {
    pub(super) received: Timestamp,
    pub(super) initial_age: Duration,
    pub(super) lifetime: Duration,
    /// Whether it must never be used stale, whatever happens.
    pub(super) must_revalidate: bool,
    pub(super) stale_while_revalidate: Duration,
    pub(super) stale_if_error: Duration,
}

/// How a stored response may be used for one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reuse {
    /// At once.
    Fresh,
    /// At once, and it is to be refreshed meanwhile (RFC 5861 §3).
    WhileRevalidating,
    /// Only once the upstream has confirmed it.
    AfterValidation,
}

impl Freshness {
    /// `delay` is how long the upstream took to answer; `jitter`, a share from 0 to 1, shortens the lifetime.
    pub(crate) fn new(
        directives: &ResponseDirectives,
        lifetime: Duration,
        headers: &HeaderMap,
        received: Timestamp,
        delay: Duration,
        jitter: f64,
    ) -> Self {
        let lifetime = if directives.no_cache { Duration::ZERO } else { lifetime };
        let jittered =
            if lifetime >= SHORTEST_JITTERED { lifetime.mul_f64(1.0 - jitter.clamp(0.0, 1.0)) } else { lifetime };
        let must_revalidate = directives.must_revalidate || directives.no_cache;
        let unless_forbidden =
            |time: Option<Duration>| if must_revalidate { Duration::ZERO } else { time.unwrap_or_default() };
        Self {
            received,
            initial_age: initial_age(headers, received, delay),
            lifetime: jittered,
            must_revalidate,
            stale_while_revalidate: unless_forbidden(directives.stale_while_revalidate),
            stale_if_error: unless_forbidden(directives.stale_if_error),
        }
    }

    /// The same, stale from `now` on; for how long it may stand in for a failure counts from there.
    pub(crate) fn ended(&self, now: Timestamp) -> Self {
        let lifetime = self.lifetime.min(self.age(now));
        Self { lifetime, stale_while_revalidate: Duration::ZERO, ..self.clone() }
    }

    /// RFC 9111 §4.2.3.
    pub(crate) fn age(&self, now: Timestamp) -> Duration {
        self.initial_age + now.since(self.received)
    }

    /// Seconds for which it stays fresh; negative when it is stale.
    pub(crate) fn ttl_seconds(&self, now: Timestamp) -> i64 {
        let seconds = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        seconds(self.lifetime) - seconds(self.age(now))
    }

    /// For how long it may still answer somebody, stale or not.
    pub(crate) fn useful_for(&self, now: Timestamp) -> Duration {
        let stale = self.stale_while_revalidate.max(self.stale_if_error);
        if self.is_shareable() { (self.lifetime + stale).saturating_sub(self.age(now)) } else { Duration::ZERO }
    }

    /// Whether one answer may serve several requests at all: without a lifetime each has to ask for itself.
    pub(crate) fn is_shareable(&self) -> bool {
        !self.lifetime.is_zero()
    }

    pub(crate) fn reuse(&self, request: &RequestDirectives, now: Timestamp) -> Reuse {
        let age = self.age(now);
        if request.no_cache || request.max_age.is_some_and(|most| age > most) {
            return Reuse::AfterValidation;
        }
        if age < self.lifetime {
            let left = self.lifetime.saturating_sub(age);
            let is_enough = request.min_fresh.is_none_or(|least| left >= least);
            return if is_enough { Reuse::Fresh } else { Reuse::AfterValidation };
        }
        let stale_for = age.saturating_sub(self.lifetime);
        if stale_for < self.stale_while_revalidate && request.min_fresh.is_none() {
            return Reuse::WhileRevalidating;
        }
        match request.max_stale {
            Some(most) if stale_for <= most && !self.must_revalidate => Reuse::Fresh,
            _ => Reuse::AfterValidation,
        }
    }

    /// Whether it may be used although the upstream failed (RFC 5861 §4).
    pub(crate) fn may_stand_in(&self, now: Timestamp) -> bool {
        let age = self.age(now);
        age < self.lifetime || age.saturating_sub(self.lifetime) < self.stale_if_error
    }
}

/// How long a response says it is fresh (RFC 9111 §4.2.1): `s-maxage`, `max-age`, `Expires`, in this order.
pub(super) fn explicit_lifetime(
    directives: &ResponseDirectives,
    headers: &HeaderMap,
    received: Timestamp,
) -> Option<Duration> {
    let of_directives = directives.s_maxage.or(directives.max_age);
    if of_directives.is_some() || directives.targeted || !headers.contains_key(header::EXPIRES) {
        return of_directives;
    }
    let date = Timestamp::from_header(headers, &header::DATE).unwrap_or(received);
    // What is no date, such as 0, has already expired (§5.3).
    Some(Timestamp::from_header(headers, &header::EXPIRES).map_or(Duration::ZERO, |expires| expires.since(date)))
}

/// The age a response came with (RFC 9111 §4.2.3).
fn initial_age(headers: &HeaderMap, received: Timestamp, delay: Duration) -> Duration {
    let apparent = Timestamp::from_header(headers, &header::DATE).map_or(Duration::ZERO, |date| received.since(date));
    let said = headers.get(header::AGE).and_then(|value| value.to_str().ok()).map_or(Duration::ZERO, age_value);
    apparent.max(said + delay)
}

/// The first number of the field; anything else is ignored (RFC 9111 §5.1).
fn age_value(text: &str) -> Duration {
    let first = text.split(',').next().unwrap_or_default().trim();
    let digits = first.bytes().all(|b| b.is_ascii_digit()).then_some(first);
    let seconds: u64 = digits.filter(|text| !text.is_empty()).map_or(0, |text| text.parse().unwrap_or(u64::MAX));
    Duration::from_secs(seconds.min(1 << 31))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    const START: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn after(seconds: u64) -> Timestamp {
        Timestamp::from_secs(1_800_000_000 + seconds)
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs =
            pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
        pairs.collect()
    }

    fn freshness(cache_control: &str, more: &[(&'static str, &str)]) -> Freshness {
        let mut all = headers(more);
        all.insert(header::CACHE_CONTROL, HeaderValue::from_str(cache_control).unwrap());
        let directives = ResponseDirectives::of(&all);
        let lifetime = explicit_lifetime(&directives, &all, START).unwrap_or_default();
        Freshness::new(&directives, lifetime, &all, START, Duration::ZERO, 0.0)
    }

    fn reuse(freshness: &Freshness, seconds: u64) -> Reuse {
        freshness.reuse(&RequestDirectives::default(), after(seconds))
    }

    #[test]
    fn a_response_is_fresh_for_its_lifetime_less_the_age_it_came_with() {
        let fresh = freshness("max-age=60", &[("age", "20")]);
        assert_eq!(reuse(&fresh, 39), Reuse::Fresh);
        assert_eq!(reuse(&fresh, 40), Reuse::AfterValidation);
        assert_eq!(fresh.age(after(5)), Duration::from_secs(25));
        assert_eq!(fresh.ttl_seconds(after(50)), -10);
    }

    #[test]
    fn s_maxage_goes_before_max_age_and_both_before_expires() {
        let dates = [("date", "Fri, 15 Jan 2027 08:00:00 GMT"), ("expires", "Fri, 15 Jan 2027 08:05:00 GMT")];
        for (cache_control, lifetime) in [("s-maxage=10, max-age=60", 10), ("max-age=60", 60), ("public", 300)] {
            let all = headers(&[dates[0], dates[1], ("cache-control", cache_control)]);
            let found = explicit_lifetime(&ResponseDirectives::of(&all), &all, START);
            assert_eq!(found, Some(Duration::from_secs(lifetime)), "{cache_control}");
        }
        let targeted = headers(&[dates[0], dates[1], ("cdn-cache-control", "must-revalidate")]);
        assert_eq!(explicit_lifetime(&ResponseDirectives::of(&targeted), &targeted, START), None);
    }

    #[test]
    fn an_expires_that_is_no_date_has_expired() {
        for text in ["0", "-1", "soon", "Fri, 15 Jan 2027"] {
            let all = headers(&[("expires", text)]);
            assert_eq!(explicit_lifetime(&ResponseDirectives::of(&all), &all, START), Some(Duration::ZERO), "{text}");
        }
    }

    #[test]
    fn of_several_ages_the_first_counts_and_nonsense_does_not() {
        for (text, seconds) in
            [("7", 7), ("7, 9", 7), ("x", 0), ("-3", 0), ("", 0), ("1.5", 0), ("99999999999999999999", 1 << 31)]
        {
            assert_eq!(age_value(text), Duration::from_secs(seconds), "{text}");
        }
    }

    #[test]
    fn an_old_date_makes_a_response_as_old() {
        // START is 2027-01-15T08:00:00Z.
        let fresh = freshness("max-age=60", &[("date", "Fri, 15 Jan 2027 07:59:30 GMT")]);
        assert_eq!(fresh.age(START), Duration::from_secs(30));
    }

    #[test]
    fn the_time_the_upstream_took_counts_as_age() {
        let directives = ResponseDirectives { max_age: Some(Duration::from_secs(60)), ..Default::default() };
        let delay = Duration::from_secs(3);
        let fresh = Freshness::new(&directives, Duration::from_secs(60), &headers(&[("age", "10")]), START, delay, 0.0);
        assert_eq!(fresh.age(START), Duration::from_secs(13));
    }

    #[test]
    fn a_stale_response_serves_while_it_is_refreshed_and_when_the_upstream_fails() {
        let fresh = freshness("max-age=60, stale-while-revalidate=10, stale-if-error=100", &[]);
        assert_eq!(reuse(&fresh, 65), Reuse::WhileRevalidating);
        assert_eq!(reuse(&fresh, 70), Reuse::AfterValidation);
        assert!(fresh.may_stand_in(after(159)));
        assert!(!fresh.may_stand_in(after(160)));
    }

    #[test]
    fn must_revalidate_forbids_stale_answers_altogether() {
        for forbidding in ["must-revalidate", "proxy-revalidate", "no-cache"] {
            let fresh =
                freshness(&format!("max-age=60, stale-while-revalidate=10, stale-if-error=100, {forbidding}"), &[]);
            let lenient = RequestDirectives { max_stale: Some(Duration::from_secs(1000)), ..Default::default() };
            assert_eq!(fresh.reuse(&lenient, after(65)), Reuse::AfterValidation, "{forbidding}");
            assert!(!fresh.may_stand_in(after(65)), "{forbidding}");
        }
    }

    #[test]
    fn a_request_may_ask_for_more_than_the_response_promises() {
        let fresh = freshness("max-age=60", &[]);
        let secs = |seconds| Some(Duration::from_secs(seconds));
        let cases = [
            (RequestDirectives { no_cache: true, ..Default::default() }, 1, Reuse::AfterValidation),
            (RequestDirectives { max_age: secs(5), ..Default::default() }, 5, Reuse::Fresh),
            (RequestDirectives { max_age: secs(5), ..Default::default() }, 6, Reuse::AfterValidation),
            (RequestDirectives { min_fresh: secs(10), ..Default::default() }, 50, Reuse::Fresh),
            (RequestDirectives { min_fresh: secs(10), ..Default::default() }, 51, Reuse::AfterValidation),
            (RequestDirectives { max_stale: secs(10), ..Default::default() }, 70, Reuse::Fresh),
            (RequestDirectives { max_stale: secs(10), ..Default::default() }, 71, Reuse::AfterValidation),
        ];
        for (request, seconds, expected) in cases {
            assert_eq!(fresh.reuse(&request, after(seconds)), expected, "{request:?} after {seconds} s");
        }
    }

    #[test]
    fn jitter_shortens_long_lifetimes_only() {
        let lifetime = |seconds| {
            let directives = ResponseDirectives::default();
            let lifetime = Duration::from_secs(seconds);
            Freshness::new(&directives, lifetime, &HeaderMap::new(), START, Duration::ZERO, 0.1).lifetime.as_secs()
        };
        assert_eq!((lifetime(100), lifetime(5)), (90, 5));
    }

    proptest! {
        #[test]
        fn nothing_becomes_fresh_again_by_waiting(
            max_age in 0u64..100, swr in 0u64..100, sie in 0u64..100, age in 0u64..100, at in 0u64..300, later in 0u64..300,
        ) {
            let text = format!("max-age={max_age}, stale-while-revalidate={swr}, stale-if-error={sie}");
            let fresh = freshness(&text, &[("age", &age.to_string())]);
            let rank = |reuse| match reuse { Reuse::Fresh => 0, Reuse::WhileRevalidating => 1, Reuse::AfterValidation => 2 };
            prop_assert!(rank(reuse(&fresh, at)) <= rank(reuse(&fresh, at + later)));
            prop_assert!(fresh.may_stand_in(after(at)) || !fresh.may_stand_in(after(at + later)));
        }
    }
}
