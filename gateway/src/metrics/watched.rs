//! What is looked up when Prometheus asks, because somebody else keeps it.

use std::fmt::Error;
use std::sync::Arc;

use peer::Peer;
use peer::breaker::{BreakerSnapshot, BreakerState};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::cache::Cache;

/// The upstreams, the nodes of the Redis Cluster, and the cache.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) peers: Vec<Peer>,
    pub(crate) cache: Arc<Cache>,
}

/// One metric with a value for each of several.
struct Metric<'a> {
    name: &'static str,
    help: &'static str,
    label: &'static str,
    values: Vec<(&'a str, u64)>,
}

impl Metric<'_> {
    fn encode<M: EncodeMetric>(self, encoder: &mut DescriptorEncoder<'_>, of: fn(u64) -> M) -> Result<(), Error> {
        let mut family = encoder.encode_descriptor(self.name, self.help, None, of(0).metric_type())?;
        for (label, value) in self.values {
            of(value).encode(family.encode_family(&[(self.label, label)])?)?;
        }
        Ok(())
    }
}

impl Watched {
    fn upstreams<'a>(&self, breakers: &'a [BreakerSnapshot], encoder: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
        let of_all = |name, help, values: Vec<u64>| Metric {
            name,
            help,
            label: "upstream",
            values: breakers.iter().map(|breaker| &*breaker.name).zip(values).collect::<Vec<(&'a str, u64)>>(),
        };
        let snapshots: Vec<_> = self.peers.iter().map(Peer::snapshot).collect();
        let states = breakers.iter().map(|breaker| number(breaker.state)).collect();
        let help = "State of an upstream's circuit breaker: 0 closed, 1 half open, 2 open";
        of_all("gateway_breaker_state", help, states).encode(encoder, gauge)?;
        let refused = breakers.iter().map(|breaker| breaker.refused_total).collect();
        let help = "Attempts that the circuit breaker refused";
        of_all("gateway_upstream_refused", help, refused).encode(encoder, ConstCounter::new)?;
        let attempts = snapshots.iter().map(|upstream| upstream.attempts_total).collect();
        let help = "Attempts to get an answer of an upstream";
        of_all("gateway_upstream_attempts", help, attempts).encode(encoder, ConstCounter::new)?;
        let repeated = snapshots.iter().map(|upstream| upstream.repeated_total).collect();
        let help = "Attempts that were another one for the same request";
        of_all("gateway_upstream_repeated", help, repeated).encode(encoder, ConstCounter::new)?;
        let in_flight = snapshots.iter().map(|upstream| upstream.instances.iter().map(|i| i.in_flight).sum::<usize>());
        let in_flight = in_flight.map(|count| u64::try_from(count).unwrap_or(u64::MAX)).collect();
        let help = "Attempts that an upstream has not answered to the end";
        of_all("gateway_upstream_in_flight", help, in_flight).encode(encoder, gauge)
    }
}

impl Collector for Watched {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        let breakers: Vec<_> = self.peers.iter().map(|peer| peer.breaker().snapshot()).collect();
        self.upstreams(&breakers, &mut encoder)?;
        let fill = self.cache.store.fill();
        for (name, help, value) in [
            ("gateway_cache_bytes", "Memory of all stored responses", fill.bytes),
            ("gateway_cache_addresses", "Addresses with stored responses", count(fill.addresses)),
            ("gateway_fetches", "Fetches for the cache that are under way", count(self.cache.fetches())),
        ] {
            let metric = gauge(value);
            metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)?;
        }
        let Some(shared) = &self.cache.shared else { return Ok(()) };
        let nodes = shared.breakers();
        let help =
            "State of the circuit breaker of a Redis node, or of all replicas of one: 0 closed, 1 half open, 2 open";
        let values = nodes.iter().map(|node| (&*node.name, number(node.state))).collect();
        let states = Metric { name: "gateway_shared_breaker_state", help, label: "node", values };
        states.encode(&mut encoder, gauge)?;
        let help = "Calls of a Redis node that its circuit breaker refused";
        let values = nodes.iter().map(|node| (&*node.name, node.refused_total)).collect();
        let refused = Metric { name: "gateway_shared_refused", help, label: "node", values };
        refused.encode(&mut encoder, ConstCounter::new)
    }
}

fn gauge(value: u64) -> ConstGauge<u64> {
    ConstGauge::new(value)
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn number(state: BreakerState) -> u64 {
    match state {
        BreakerState::Closed => 0,
        BreakerState::HalfOpen => 1,
        BreakerState::Open => 2,
    }
}
