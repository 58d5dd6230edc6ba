use http::{HeaderMap, Method};
use peer::Peer;
use serde::Deserialize;

use super::call::Call;
use super::{ApiError, Asking};

/// What begins a line of the gateway's metrics that counts what its cache did.
const CACHE_METRIC: &str = "lendery_gateway_cache_total{outcome=\"";

/// What the gateway's operations listener knows, where it may be asked.
#[derive(Debug, Clone)]
pub(crate) struct Operations {
    peer: Option<Peer>,
}

/// A circuit breaker at one moment.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Breaker {
    pub(crate) name: String,
    pub(crate) state: String,
    pub(crate) window: Tally,
    pub(crate) refused_total: u64,
}

/// The calls of the last seconds.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Tally {
    pub(crate) calls: u32,
    pub(crate) failures: u32,
}

/// A service with its instances.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Upstream {
    pub(crate) name: String,
    pub(crate) instances: Vec<Instance>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Instance {
    pub(crate) address: String,
    pub(crate) state: String,
    pub(crate) in_flight: u64,
    pub(crate) latency_ms: f64,
}

/// How full the gateway's cache is.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct CacheFill {
    pub(crate) addresses: u64,
    pub(crate) bytes: u64,
    pub(crate) capacity_bytes: u64,
}

/// How often the cache did one thing for a read, since the gateway began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) name: String,
    pub(crate) count: u64,
}

impl Operations {
    pub(crate) fn new(peer: Option<Peer>) -> Self {
        Self { peer }
    }

    pub(crate) async fn breakers(&self, asking: &Asking) -> Result<Vec<Breaker>, ApiError> {
        Ok(self.call("/ops/breakers")?.receive(&unnamed(asking)).await?.body)
    }

    pub(crate) async fn upstreams(&self, asking: &Asking) -> Result<Vec<Upstream>, ApiError> {
        Ok(self.call("/ops/upstreams")?.receive(&unnamed(asking)).await?.body)
    }

    pub(crate) async fn cache(&self, asking: &Asking) -> Result<CacheFill, ApiError> {
        Ok(self.call("/ops/cache")?.receive(&unnamed(asking)).await?.body)
    }

    pub(crate) async fn outcomes(&self, asking: &Asking) -> Result<Vec<Outcome>, ApiError> {
        let metrics = self.call("/metrics")?.bytes(&unnamed(asking)).await?;
        Ok(String::from_utf8_lossy(&metrics).lines().filter_map(outcome).collect())
    }

    fn call(&self, path: &str) -> Result<Call<'_>, ApiError> {
        let peer = self.peer.as_ref().ok_or(ApiError::Missing {
            service: "operations listener",
            reason: "no address of it is configured".to_owned(),
            retry_after: None,
            source: None,
        })?;
        Ok(Call::new(peer, "operations listener", Method::GET, path))
    }
}

/// Nobody's token: who asks does not matter there, and it is nothing that a token should be sent to.
fn unnamed(asking: &Asking) -> Asking {
    Asking { token: None, headers: HeaderMap::clone(&asking.headers) }
}

/// A line of the text format of Prometheus.
fn outcome(line: &str) -> Option<Outcome> {
    let (name, count) = line.strip_prefix(CACHE_METRIC)?.split_once("\"} ")?;
    Some(Outcome { name: name.to_owned(), count: count.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_cache_did_is_read_of_the_metrics() {
        let hit = Outcome { name: "hit".to_owned(), count: 12 };
        assert_eq!(outcome("lendery_gateway_cache_total{outcome=\"hit\"} 12"), Some(hit));
        for line in [
            "",
            "# HELP gateway_cache What",
            "lendery_gateway_requests_total{route=\"/\"} 3",
            "lendery_gateway_cache_total{outcome=\"hit\"} x",
        ] {
            assert_eq!(outcome(line), None, "{line}");
        }
    }
}
