//! Turns `tracing`'s spans into those of a trace: requests and calls bring their ids with them (`peer::trace`), statements of
//! a database take their place from what they happen in.

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc::Sender;
use tracing::span::{Attributes, Id, Record};
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::fields::Fields;
use super::metrics::SpanMetrics;
use crate::clock::Clock;
use crate::randomness::Randomness;

/// sea-orm's spans of statements have targets that begin so.
const DATABASE: &str = "sea_orm::";

/// Whether spans made there are for collectors, and not for log lines.
pub(super) fn is_for_collectors(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    metadata.is_span()
        && *metadata.level() <= Level::INFO
        && (target == peer::trace::TARGET || target.starts_with(DATABASE))
}

/// A span that has ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) span: Open,
    pub(super) end: DateTime<Utc>,
}

/// One that is recorded.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) place: Place,
    pub(super) service: Option<Arc<str>>,
    pub(super) start: DateTime<Utc>,
    pub(super) fields: Fields,
    began: Instant,
}

/// Where in a trace it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) trace: u128,
    pub(super) span: u64,
    pub(super) parent: u64,
}

/// Hands spans that have ended to an exporter. It waits for nobody: what the queue has no room for is lost, and counted.
#[derive(Debug)]
pub(super) struct Recorder {
    pub(super) queue: Sender<Ended>,
    pub(super) metrics: SpanMetrics,
    pub(super) clock: Clock,
    pub(super) randomness: Randomness,
}

impl<S> Layer<S> for Recorder
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::named(attributes.metadata().name());
        attributes.record(&mut fields);
        let around = span.parent().and_then(|around| {
            let extensions = around.extensions();
            extensions.get::<Open>().map(|open| (open.place, open.service.clone()))
        });
        let (outer, service) = around.unzip();
        // Of what happens outside of every recorded request nothing is kept.
        let Some(place) = fields.place().or_else(|| Some(self.inside(outer?))) else { return };
        let service = fields.service().or(service.flatten());
        let open = Open { place, service, start: self.clock.now(), fields, began: Instant::now() };
        span.extensions_mut().insert(open);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            values.record(&mut open.fields);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(open) = span.extensions_mut().remove::<Open>() else { return };
        let end = open.start + open.began.elapsed();
        if self.queue.try_send(Ended { span: open, end }).is_err() {
            self.metrics.lost.inc();
        }
    }
}

impl Recorder {
    fn inside(&self, outer: Place) -> Place {
        let span = u64::from_ne_bytes(self.randomness.bytes()).max(1);
        Place { span, parent: outer.span, ..outer }
    }
}
