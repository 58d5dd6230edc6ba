//! What a collector of traces is told, by a gateway, a service and its database.

use std::time::Duration;

use async_trait::async_trait;
use axum::extract::State;
use axum::routing::get;
use reqwest::Method;
use sea_orm_migration::{MigrationTrait, MigratorTrait};
use serde_json::Value;
use service_kit::clock::Clock;
use service_kit::db::{DatabaseSettings, Db};
use service_kit::http::{RouterSettings, finish};
use service_kit::ops::Ops;
use service_kit::serve::{Limits, serve};
use service_kit::telemetry::{Collector, Exporter, Exporting, Sender, spans};
use test_kit::http::{Client, send};
use test_kit::{Engine, TestDatabase, wait_until};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::layer::SubscriberExt;
use utoipa_axum::router::OpenApiRouter;
use vocabulary::Secret;

use crate::support::{Origin, SOON, before_both, configured, reply};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CLIENT: &str = "00f067aa0ba902b7";

struct NoTables;

#[async_trait]
impl MigratorTrait for NoTables {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        Vec::new()
    }
}

/// Spans of this test's thread, on which nearly everything in it happens, on their way to a collector.
struct Recording {
    exporting: Exporting,
    ops: Ops,
    _here: Option<tracing::subscriber::DefaultGuard>,
}

impl Recording {
    fn begin(collector: &str) -> Self {
        let (recorder, exporter) = layer(collector);
        let here = tracing::subscriber::set_default(tracing_subscriber::registry().with(recorder));
        Self::with(exporter, Some(here))
    }

    /// As [`begin`](Self::begin) on every thread: where SQLite's own thread lets go of a span last, the one around it ends only if
    /// that thread has a subscriber.
    fn begin_everywhere(collector: &str) -> Self {
        let (recorder, exporter) = layer(collector);
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(recorder)).unwrap();
        Self::with(exporter, None)
    }

    fn with(exporter: Exporter, here: Option<tracing::subscriber::DefaultGuard>) -> Self {
        let ops = Ops::new("test", CancellationToken::new());
        Self { exporting: exporter.start(&ops), ops, _here: here }
    }
}

fn layer(collector: &str) -> (impl tracing_subscriber::Layer<tracing_subscriber::Registry> + Send + Sync, Exporter) {
    let collector: Collector = collector.parse().unwrap();
    let http = peer::http_client(Duration::from_secs(1)).unwrap();
    spans(collector, Sender { process: "test".to_owned(), version: "1" }, http)
}

/// A service of the house, whose one page asks its database.
async fn service(database: &TestDatabase) -> String {
    let settings = DatabaseSettings { url: Secret::new(database.url()), max_connections: 2 };
    let db = Db::open::<NoTables>(&settings).await.unwrap();
    let page = async |State(db): State<Db>| {
        db.begin().await.unwrap().commit().await.unwrap();
        "done"
    };
    let routes = OpenApiRouter::new().route("/api/v1/auth/sessions", get(page));
    let settings = RouterSettings { service: "shop", deadline: Duration::from_secs(10), clock: Clock::system() };
    let router = finish(routes, db, settings).0;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve(listener, router, Limits::default(), CancellationToken::new()));
    url
}

async fn ask(client: &Client, sampled: bool) {
    let traceparent = format!("00-{TRACE}-{CLIENT}-0{}", u8::from(sampled));
    let request = client.request(Method::GET, "/api/v1/auth/sessions").header("traceparent", traceparent);
    let answer = send(request).await.expect(200);
    assert!(answer.header("traceparent").unwrap().contains(TRACE));
}

/// Every span that the collector was sent, with its service.
fn told(collector: &Origin) -> Vec<(String, Value)> {
    let mut told = Vec::new();
    for seen in collector.seen() {
        assert_eq!((seen.target.as_str(), seen.header("content-type")), ("/v1/traces", Some("application/json")));
        let request: Value = serde_json::from_slice(&seen.body).unwrap();
        for resource in request["resourceSpans"].as_array().unwrap() {
            let service = resource["resource"]["attributes"][0]["value"]["stringValue"].as_str().unwrap();
            let spans = resource["scopeSpans"][0]["spans"].as_array().unwrap();
            told.extend(spans.iter().map(|span| (service.to_owned(), span.clone())));
        }
    }
    told
}

fn attribute<'a>(span: &'a Value, key: &str) -> Option<&'a Value> {
    let attributes = span["attributes"].as_array().unwrap();
    attributes.iter().find(|attribute| attribute["key"] == key).map(|attribute| &attribute["value"])
}

#[tokio::test]
async fn a_request_is_one_trace_from_the_gateway_to_the_database() {
    let collector = Origin::saying(&[], "{}").await;
    let database = TestDatabase::on(Engine::Sqlite).await;
    let _recording = Recording::begin_everywhere(&collector.url());
    let other = Origin::saying(&[], "").await;
    let mut config = before_both(&other, &other);
    config.upstreams = [("users", service(&database).await), ("inventory", other.url())].into_iter().collect();
    let gateway = configured(config).await;
    ask(&gateway.client, false).await;
    ask(&gateway.client, true).await;
    // They are told of in the order in which they end, so those of requests come after what happens in them.
    let is_over = async || told(&collector).iter().filter(|(_, span)| span["kind"] == 2).count() >= 2;
    wait_until("the collector is told", SOON, is_over).await;

    let told = told(&collector);
    assert!(told.iter().all(|(_, span)| span["traceId"] == TRACE), "{told:#?}");
    let child = |parent: &Value, service: &str, kind: u8| {
        let of = |(name, span): &&(String, Value)| {
            name == service && span["kind"] == kind && &span["parentSpanId"] == parent
        };
        let found: Vec<_> = told.iter().filter(of).collect();
        assert_eq!(found.len(), 1, "{service} {kind} {parent}: {told:#?}");
        found[0].1.clone()
    };
    let door = child(&Value::from(CLIENT), "gateway", 2);
    assert_eq!(door["name"], "GET /api/v1/auth");
    let call = child(&door["spanId"], "gateway", 3);
    assert_eq!(attribute(&call, "peer.service").unwrap()["stringValue"], "users");
    let served = child(&call["spanId"], "shop", 2);
    assert_eq!(attribute(&served, "http.route").unwrap()["stringValue"], "/api/v1/auth/sessions");
    for span in [&door, &call, &served] {
        assert_eq!(attribute(span, "http.response.status_code").unwrap()["intValue"], "200");
        let time = |key: &str| span[key].as_str().unwrap().parse::<u64>().unwrap();
        assert!(time("startTimeUnixNano") <= time("endTimeUnixNano"));
    }
    let statements: Vec<_> =
        told.iter().filter(|(_, span)| span["parentSpanId"] == served["spanId"]).map(|(name, _)| name).collect();
    assert!(!statements.is_empty() && statements.iter().all(|name| *name == "shop"), "{told:#?}");
    assert_eq!(told.len(), 3 + statements.len(), "the trace that nobody records is not told of: {told:#?}");
}

#[tokio::test]
async fn what_comes_from_memory_is_in_its_trace_too() {
    let collector = Origin::saying(&[], "{}").await;
    let _recording = Recording::begin(&collector.url());
    let origin = Origin::saying(&[("cache-control", "max-age=60")], "x").await;
    let mut config = before_both(&origin, &origin);
    config.trace_ratio = 1.0;
    let gateway = configured(config).await;
    gateway.client.get("/api/v1/items").await.expect(200);
    gateway.client.get("/api/v1/items").await.expect(200);
    wait_until("the collector is told", SOON, async || told(&collector).len() >= 3).await;
    let told = told(&collector);
    let kinds: Vec<_> = told.iter().map(|(service, span)| (service.as_str(), span["kind"].as_u64().unwrap())).collect();
    assert_eq!(kinds, [("gateway", 3), ("gateway", 2), ("gateway", 2)], "{told:#?}");
    assert_eq!(told[0].1["parentSpanId"], told[1].1["spanId"], "the fetch is the first request's");
    assert_eq!(told[0].1["traceId"], told[1].1["traceId"]);
    assert_ne!(told[1].1["traceId"], told[2].1["traceId"]);
}

#[tokio::test]
async fn the_last_spans_are_sent_before_a_process_ends() {
    let collector = Origin::saying(&[], "{}").await;
    let recording = Recording::begin(&collector.url());
    let origin = Origin::saying(&[], "").await;
    let gateway = configured(before_both(&origin, &origin)).await;
    ask(&gateway.client, true).await;
    // They would have waited for others to be sent with.
    recording.exporting.finish().await;
    let kinds: Vec<_> = told(&collector).iter().map(|(_, span)| span["kind"].as_u64().unwrap()).collect();
    assert_eq!(kinds, [3, 2], "the call and the request");
}

/// The counter of spans that nobody took.
async fn lost(ops: &Client) -> f64 {
    let metrics = String::from_utf8(ops.get("/metrics").await.expect(200).body).unwrap();
    let line = metrics.lines().find_map(|line| line.strip_prefix("lendery_spans_lost_total "));
    line.unwrap().parse().unwrap()
}

/// Many requests while the collector takes nothing: all are answered, and the spans are lost.
async fn loses_only_spans(collector: &str, requests: usize) {
    let recording = Recording::begin(collector);
    let ops_listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ops = Client::new(format!("http://{}", ops_listener.local_addr().unwrap()));
    tokio::spawn(recording.ops.clone().serve(ops_listener, CancellationToken::new()));
    let origin = Origin::saying(&[], "").await;
    let gateway = configured(before_both(&origin, &origin)).await;
    for _ in 0..requests {
        ask(&gateway.client, true).await;
    }
    wait_until("spans are lost, and counted", SOON, async || lost(&ops).await > 0.0).await;
    ask(&gateway.client, true).await;
}

#[tokio::test]
async fn a_collector_that_hangs_loses_spans_and_nothing_else() {
    let collector = Origin::start(|_| async move {
        std::future::pending::<()>().await;
        reply(200, &[], "")
    })
    .await;
    loses_only_spans(&collector.url(), 1_500).await;
}

#[tokio::test]
async fn a_collector_that_is_not_there_loses_spans_and_nothing_else() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    loses_only_spans(&nobody, 10).await;
}

#[tokio::test]
async fn a_collector_that_refuses_loses_spans_and_nothing_else() {
    let collector = Origin::start(|_| async move { reply(503, &[], "") }).await;
    loses_only_spans(&collector.url(), 10).await;
}
