use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use problem::Problem;
use serde::Deserialize;

use crate::clients::{ApiError, Breaker, CacheFill, Outcome, ReportName, Run, Upstream};
use crate::http::visit::Visit;
use crate::shown::{Chart, Frame, Notice, Page, moment};
use crate::words::{Language, OperatingWords};

/// Runs that are shown.
const RUNS: usize = 10;

/// What the cache does without asking a service.
const FROM_MEMORY: [&str; 4] = ["hit", "shared_hit", "stale_hit", "collapsed"];

/// Reads that are one person's, of which nothing is kept.
const PAST_IT: &str = "bypass";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct Came {
    run: Option<String>,
}

/// Every part is none while it cannot be known.
#[derive(Template)]
#[template(path = "operations.html")]
struct OperationsPage {
    f: Frame,
    notices: Vec<Notice>,
    breakers: Option<Vec<BreakerRow>>,
    instances: Option<Vec<InstanceRow>>,
    cache: Option<CacheView>,
    reads: Option<Reads>,
    warehouse: Option<WarehouseView>,
    reports: Option<Vec<ReportName>>,
}

struct BreakerRow {
    name: String,
    state: &'static str,
    calls: u32,
    failures: u32,
    refused: u64,
}

struct InstanceRow {
    service: String,
    address: String,
    state: &'static str,
    in_flight: u64,
    latency: String,
}

struct CacheView {
    filled: String,
    addresses: u64,
}

struct Reads {
    hit_rate: String,
    chart: Chart,
}

struct WarehouseView {
    batch: Option<i64>,
    runs: Vec<RunRow>,
}

struct RunRow {
    began: String,
    began_iso: String,
    took: String,
    outcome: &'static str,
    error: String,
}

/// How everything goes: breakers, services, the gateway's cache, and the warehouse.
pub(in crate::http) async fn show(visit: Visit, Query(came): Query<Came>) -> Result<Response, Problem> {
    visit.administrator().await?;
    let (operations, warehouse, asking) = (&visit.web.operations, &visit.web.warehouse, &visit.asking);
    let (breakers, upstreams, cache, outcomes, status, reports) = tokio::join!(
        operations.breakers(asking),
        operations.upstreams(asking),
        operations.cache(asking),
        operations.outcomes(asking),
        warehouse.status(asking),
        warehouse.reports(asking)
    );
    let (f, lang) = (visit.frame(), visit.lang);
    let w = &f.w.operating;
    let page = OperationsPage {
        notices: came.run.map(|_| Notice::calm(w.run_begins)).into_iter().collect(),
        breakers: known(breakers).map(|all| all.into_iter().map(|breaker| breaker_row(w, breaker)).collect()),
        instances: known(upstreams).map(|all| all.into_iter().flat_map(|one| instance_rows(w, one)).collect()),
        cache: known(cache).map(|fill| cache_view(&fill)),
        reads: known(outcomes).map(|outcomes| reads(w, outcomes)),
        warehouse: known(status).map(|status| WarehouseView {
            batch: status.batch,
            runs: status.runs.into_iter().take(RUNS).map(|run| run_row(lang, run)).collect(),
        }),
        reports: known(reports),
        f,
    };
    Ok(Page::new(page).into_response())
}

/// What was answered; what was not is said on the page.
fn known<T>(answer: Result<T, ApiError>) -> Option<T> {
    answer.inspect_err(|error| tracing::warn!(error = %error, "the operations page misses a part")).ok()
}

fn breaker_row(w: &OperatingWords, breaker: Breaker) -> BreakerRow {
    BreakerRow {
        state: match &*breaker.state {
            "closed" => w.closed,
            "open" => w.open,
            _ => w.half_open,
        },
        calls: breaker.window.calls,
        failures: breaker.window.failures,
        refused: breaker.refused_total,
        name: breaker.name,
    }
}

fn instance_rows(w: &'static OperatingWords, upstream: Upstream) -> impl Iterator<Item = InstanceRow> {
    let service = upstream.name;
    upstream.instances.into_iter().map(move |instance| InstanceRow {
        service: service.clone(),
        state: match &*instance.state {
            "ready" => w.ready,
            "not_ready" => w.not_ready,
            _ => w.ejected,
        },
        in_flight: instance.in_flight,
        latency: format!("{:.1} ms", instance.latency_ms),
        address: instance.address,
    })
}

fn cache_view(fill: &CacheFill) -> CacheView {
    let mebibytes = |bytes: u64| bytes / (1024 * 1024);
    CacheView {
        filled: format!("{} / {} MiB", mebibytes(fill.bytes), mebibytes(fill.capacity_bytes)),
        addresses: fill.addresses,
    }
}

/// The often first; the metrics are in no order.
fn reads(w: &OperatingWords, mut outcomes: Vec<Outcome>) -> Reads {
    outcomes.sort_by(|a, b| (b.count, &a.name).cmp(&(a.count, &b.name)));
    let sum = |counts: &dyn Fn(&str) -> bool| -> u64 {
        outcomes.iter().filter(|outcome| counts(&outcome.name)).map(|outcome| outcome.count).sum()
    };
    let shared = sum(&|name| name != PAST_IT);
    let tenths = (sum(&|name| FROM_MEMORY.contains(&name)) * 1000).checked_div(shared);
    let rows = outcomes.iter().filter(|outcome| outcome.count > 0);
    let bar = |outcome: &Outcome| {
        // Counts are far below what a float holds exactly.
        let number = u32::try_from(outcome.count).map_or(f64::from(u32::MAX), f64::from);
        (outcome.name.replace('_', " "), number, outcome.count.to_string())
    };
    Reads {
        hit_rate: tenths.map_or_else(|| "–".to_owned(), |tenths| format!("{}.{} %", tenths / 10, tenths % 10)),
        chart: Chart::new(w.cache_did, rows.map(bar)),
    }
}

fn run_row(language: Language, run: Run) -> RunRow {
    let w = &language.words().operating;
    RunRow {
        began: moment(language, run.started_at),
        began_iso: run.started_at.to_rfc3339(),
        took: run
            .finished_at
            .map(|end| format!("{} ms", (end - run.started_at).num_milliseconds()))
            .unwrap_or_default(),
        outcome: match &*run.outcome {
            "succeeded" => w.succeeded,
            "failed" => w.failed,
            _ => w.running,
        },
        error: run.error.unwrap_or_default(),
    }
}
