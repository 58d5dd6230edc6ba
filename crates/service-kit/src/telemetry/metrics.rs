use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

/// What becomes of spans.
#[derive(Debug, Clone, Default)]
pub(super) struct SpanMetrics {
    pub(super) exported: Counter,
    pub(super) lost: Counter,
}

impl SpanMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("spans");
        registry.register("exported", "Spans that the collector has taken", self.exported.clone());
        registry.register("lost", "Spans that it has not taken, or that there was no room for", self.lost.clone());
    }
}
