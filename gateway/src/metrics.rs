//! What Prometheus sees of the gateway. Labels are route templates, never paths.

mod watched;

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::exemplar::HistogramWithExemplars;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::exponential_buckets;
use prometheus_client::registry::Registry;
use service_kit::serve::TurnedAway;

pub(crate) use watched::Watched;

/// A histogram whose buckets name a trace that fell into them.
type Durations = HistogramWithExemplars<TraceLabels>;

/// Counters of one gateway. Those of a cached answer are resolved when it is stored.
#[derive(Debug)]
pub(crate) struct Metrics {
    answers: Family<AnswerLabels, Counter>,
    durations: Family<RouteLabels, Durations, fn() -> Durations>,
    outcomes: [Counter; OUTCOMES.len()],
    /// What was refused although it could have been answered at another time.
    pub(crate) shed: Counter,
    connections: Gauge,
    /// Connections that the caps have kept out.
    pub(crate) turned_away: TurnedAway,
    /// Requests that wait for what another one fetches.
    waiting: Gauge,
}

/// One of those that a gauge counts, until it is dropped.
#[derive(Debug)]
pub(crate) struct Counted(Gauge);

impl Counted {
    fn one_more(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// What the cache did for one GET of a cached route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Hit,
    SharedHit,
    StaleHit,
    StaleOnError,
    Miss,
    Revalidated,
    Collapsed,
    Uncacheable,
    Bypass,
    Failed,
}

/// The label of each outcome, in the order of the enum.
const OUTCOMES: [&str; 10] = [
    "hit",
    "shared_hit",
    "stale_hit",
    "stale_on_error",
    "miss",
    "revalidated",
    "collapsed",
    "uncacheable",
    "bypass",
    "failed",
];

/// Counters of the second tier.
#[derive(Debug, Default)]
pub(crate) struct SharedMetrics {
    /// Look-ups that found something fresh, nothing of use, and no answer.
    pub(crate) hits: Counter,
    pub(crate) missed: Counter,
    pub(crate) failed: Counter,
    /// Responses that were put there, and that were not.
    pub(crate) put: Counter,
    pub(crate) not_put: Counter,
    /// Notes that were read, and attempts to write one that failed.
    pub(crate) notes: Counter,
    pub(crate) untold: Counter,
    pub(crate) in_step: Gauge,
}

impl SharedMetrics {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let registry = registry.sub_registry_with_prefix("gateway_shared");
        for (name, help, counter) in [
            ("hits", "Look-ups in the second tier that found a fresh response", &metrics.hits),
            ("misses", "Look-ups in the second tier that found nothing of use", &metrics.missed),
            ("failures", "Look-ups in the second tier without an answer", &metrics.failed),
            ("puts", "Responses put into the second tier", &metrics.put),
            ("put_failures", "Responses that the second tier did not take", &metrics.not_put),
            ("notes", "Notes of purges that were read", &metrics.notes),
            ("note_failures", "Attempts to tell other gateways of a purge that failed", &metrics.untold),
        ] {
            registry.register(name, help, counter.clone());
        }
        registry.register("in_step", "1 while purges of other gateways are known", metrics.in_step.clone());
        metrics
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AnswerLabels {
    route: Arc<str>,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: Arc<str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TraceLabels {
    trace_id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

impl Metrics {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let registry = registry.sub_registry_with_prefix("gateway");
        let answers = Family::default();
        registry.register("requests", "Answers by route and status", answers.clone());
        let durations = Family::new_with_constructor(histogram as fn() -> Durations);
        let help = "Time to the head of an answer that did not come from memory";
        registry.register("request_duration_seconds", help, durations.clone());
        let cache = Family::<OutcomeLabels, Counter>::default();
        registry.register("cache", "What the cache did for reads of cached routes", cache.clone());
        let outcomes = OUTCOMES.map(|outcome| cache.get_or_create_owned(&OutcomeLabels { outcome }));
        let (shed, connections, waiting) = (Counter::default(), Gauge::default(), Gauge::default());
        registry.register("shed", "Requests refused because their client asks too much", shed.clone());
        registry.register("connections", "Connections of clients that are open", connections.clone());
        let turned_away = TurnedAway::default();
        let help = "Connections closed at once because their address had as many as it may";
        registry.register("connections_refused", help, turned_away.refused.clone());
        let help = "Times that no more connections were let in because there were as many as there may be";
        registry.register("connections_full", help, turned_away.full.clone());
        registry.register("waiting", "Requests that wait for what another one fetches", waiting.clone());
        Self { answers, durations, outcomes, shed, connections, turned_away, waiting }
    }

    /// A connection as long as it is open.
    pub(crate) fn connection(&self) -> Counted {
        Counted::one_more(&self.connections)
    }

    /// A request as long as it waits for what another one fetches.
    pub(crate) fn waits(&self) -> Counted {
        Counted::one_more(&self.waiting)
    }

    /// The counter of answers of this route with this status.
    pub(crate) fn answers(&self, route: &Arc<str>, status: StatusCode) -> Counter {
        self.answers.get_or_create_owned(&AnswerLabels { route: Arc::clone(route), status: status.as_u16() })
    }

    /// Counts how long an answer took that did not come from memory, with its trace if that is one which somebody keeps.
    pub(crate) fn took(&self, route: &Arc<str>, time: Duration, traceparent: &HeaderValue) {
        let trace = sampled(traceparent).map(|trace_id| TraceLabels { trace_id: trace_id.to_owned() });
        self.durations.get_or_create(&RouteLabels { route: Arc::clone(route) }).observe(
            time.as_secs_f64(),
            trace,
            None,
        );
    }

    pub(crate) fn count(&self, outcome: Outcome) {
        self.outcomes[outcome as usize].inc();
    }
}

/// From 1 ms to 16 s.
fn histogram() -> Durations {
    HistogramWithExemplars::new(exponential_buckets(0.001, 2.0, 15))
}

/// The id of a trace that its caller records (W3C Trace Context §3.2.2.5.1); others lead an operator nowhere.
fn sampled(traceparent: &HeaderValue) -> Option<&str> {
    let mut fields = traceparent.to_str().ok()?.split('-').skip(1);
    let (trace_id, flags) = (fields.next()?, fields.nth(1)?);
    let is_sampled = u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1);
    is_sampled.then_some(trace_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_traces_that_somebody_keeps_are_named() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        for (flags, expected) in [("00", None), ("01", Some(id)), ("02", None), ("ff", Some(id))] {
            let value = HeaderValue::try_from(format!("00-{id}-00f067aa0ba902b7-{flags}")).unwrap();
            assert_eq!(sampled(&value), expected, "{flags}");
        }
        assert_eq!(sampled(&HeaderValue::from_static("")), None);
    }
}
