use std::fmt::{Debug, Write as _};
use std::sync::Arc;

use serde_json::{Value, json};
use tracing::field::{Field, Visit};

use super::spans::Place;

/// Longer values are cut, characters.
const LONGEST: usize = 256;

/// Fields that are not told of: what a database says of an error may quote what a member wrote.
const KEPT_BACK: [&str; 2] = ["exception.message", "db.statement"];

/// What the fields of a span say, sorted by whom they are meant for.
#[derive(Debug)]
pub(super) struct Fields {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) has_failed: bool,
    /// As OTLP writes them.
    pub(super) attributes: Vec<Value>,
    service: Option<Arc<str>>,
    trace_id: u128,
    span_id: u64,
    parent_id: u64,
}

/// Who stands at the ends of a span (`SpanKind` of `opentelemetry/proto/trace/v1/trace.proto`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Internal = 1,
    Server = 2,
    Client = 3,
}

impl Fields {
    pub(super) fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: Kind::Internal,
            has_failed: false,
            attributes: Vec::new(),
            service: None,
            trace_id: 0,
            span_id: 0,
            parent_id: 0,
        }
    }

    /// The place that the span was given, if it was.
    pub(super) fn place(&self) -> Option<Place> {
        let Self { trace_id, span_id, parent_id, .. } = *self;
        (span_id != 0).then_some(Place { trace: trace_id, span: span_id, parent: parent_id })
    }

    pub(super) fn service(&self) -> Option<Arc<str>> {
        self.service.clone()
    }

    fn attribute(&mut self, name: &str, value: &Value) {
        if !KEPT_BACK.contains(&name) {
            self.attributes.push(json!({ "key": name, "value": value }));
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "otel.name" => value.clone_into(&mut self.name),
            "otel.kind" => self.kind = if value == "server" { Kind::Server } else { Kind::Client },
            "otel.status_code" => self.has_failed = value == "ERROR",
            "service.name" => self.service = Some(Arc::from(value)),
            name => {
                let short: String = value.chars().take(LONGEST).collect();
                self.attribute(name, &json!({ "stringValue": short }));
            }
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        let _infallible = write!(text, "{value:?}");
        self.record_str(field, &text);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "trace.span_id" => self.span_id = value,
            "trace.parent_id" => self.parent_id = value,
            // 64 bits do not fit into a number of JSON, so OTLP writes them as text.
            name => self.attribute(name, &json!({ "intValue": value.to_string() })),
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.attribute(field.name(), &json!({ "intValue": value.to_string() }));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        if field.name() == "trace.id" {
            self.trace_id = value;
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.attribute(field.name(), &json!({ "boolValue": value }));
    }
}
