//! What Prometheus sees of the gateway. Labels are route templates, never paths.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use peer::Peer;
use peer::breaker::BreakerState;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// Counters of one gateway. Those of a cached answer are resolved when it is stored.
#[derive(Debug)]
pub(crate) struct Metrics {
    answers: Family<AnswerLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    outcomes: [Counter; OUTCOMES.len()],
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
struct OutcomeLabels {
    outcome: &'static str,
}

impl Metrics {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let registry = registry.sub_registry_with_prefix("gateway");
        let answers = Family::default();
        registry.register("requests", "Answers by route and status", answers.clone());
        let durations = Family::new_with_constructor(histogram as fn() -> Histogram);
        let help = "Time to the head of an answer that did not come from memory";
        registry.register("request_duration_seconds", help, durations.clone());
        let cache = Family::<OutcomeLabels, Counter>::default();
        registry.register("cache", "What the cache did for reads of cached routes", cache.clone());
        let outcomes = OUTCOMES.map(|outcome| cache.get_or_create_owned(&OutcomeLabels { outcome }));
        Self { answers, durations, outcomes }
    }

    /// The counter of answers of this route with this status.
    pub(crate) fn answers(&self, route: &Arc<str>, status: StatusCode) -> Counter {
        self.answers.get_or_create_owned(&AnswerLabels { route: Arc::clone(route), status: status.as_u16() })
    }

    pub(crate) fn took(&self, route: &Arc<str>, time: Duration) {
        self.durations.get_or_create(&RouteLabels { route: Arc::clone(route) }).observe(time.as_secs_f64());
    }

    pub(crate) fn count(&self, outcome: Outcome) {
        self.outcomes[outcome as usize].inc();
    }
}

/// From 1 ms to 16 s.
fn histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 15))
}

/// Reads the state of every breaker when Prometheus asks.
pub(crate) struct Breakers(pub(crate) Vec<Peer>);

impl fmt::Debug for Breakers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(Peer::name)).finish()
    }
}

impl Collector for Breakers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let help = "State of an upstream's circuit breaker: 0 closed, 1 half open, 2 open";
        let kind = ConstGauge::new(0_i64).metric_type();
        let mut family = encoder.encode_descriptor("gateway_breaker_state", help, None, kind)?;
        for peer in &self.0 {
            let state: i64 = match peer.breaker().state() {
                BreakerState::Closed => 0,
                BreakerState::HalfOpen => 1,
                BreakerState::Open => 2,
            };
            let labels = [("upstream", peer.name())];
            ConstGauge::new(state).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }
}
