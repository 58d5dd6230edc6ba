//! Spans as OTLP/HTTP writes them in JSON (OpenTelemetry Protocol §"JSON Protobuf Encoding").

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::spans::Ended;

/// Who sends spans.
#[derive(Debug, Clone)]
pub struct Sender {
    /// The name of spans that no service of this process has made.
    pub process: String,
    pub version: &'static str,
}

/// An `ExportTraceServiceRequest`: the services of one process each are a resource of their own.
pub(super) fn request(sender: &Sender, batch: &[Ended]) -> Value {
    let mut services: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for ended in batch {
        let service = ended.span.service.as_deref().unwrap_or(&sender.process);
        services.entry(service).or_default().push(span(ended));
    }
    let resources = services.into_iter().map(|(service, spans)| {
        json!({
            "resource": { "attributes": [text("service.name", service), text("service.version", sender.version)] },
            "scopeSpans": [{ "scope": { "name": "lendery", "version": sender.version }, "spans": spans }],
        })
    });
    json!({ "resourceSpans": resources.collect::<Vec<_>>() })
}

fn span(ended: &Ended) -> Value {
    let (place, fields) = (ended.span.place, &ended.span.fields);
    json!({
        "traceId": format!("{:032x}", place.trace),
        "spanId": format!("{:016x}", place.span),
        "parentSpanId": format!("{:016x}", place.parent),
        "name": fields.name,
        "kind": fields.kind as u8,
        "startTimeUnixNano": nanoseconds(ended.span.start),
        "endTimeUnixNano": nanoseconds(ended.end),
        "attributes": fields.attributes,
        "status": if fields.has_failed { json!({ "code": 2 }) } else { json!({}) },
    })
}

fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

/// 64 bits, so a text in JSON.
fn nanoseconds(moment: DateTime<Utc>) -> String {
    moment.timestamp_nanos_opt().unwrap_or_default().to_string()
}
