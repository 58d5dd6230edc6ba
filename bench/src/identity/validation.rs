use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::json;
use test_kit::http::Client;

use super::Size;
use super::service::Service;
use super::wrk::Load;
use crate::figure::{Figure, median};
use crate::platform::Platform;
use crate::process_table::cpu_time;

const CONNECTIONS: u32 = 64;

/// A core that is asked 20,000 times a second has this long for each answer.
const CPU_US: f64 = 50.0;
const P99_MS: f64 = 2.0;

/// What asking the user service may add to a write.
const ADDED_MS: f64 = 0.3;

/// What a validation costs that is answered from the cache of sessions.
pub(super) async fn from_the_cache(
    platform: &Platform,
    service: &Service,
    directory: &Path,
    size: Size,
) -> Result<Vec<Figure>> {
    let token = service.tokens(1).await?;
    let load = Load::of_validations(&service.base, &service.secret, &token[0], CONNECTIONS);
    load.run(Duration::from_secs(1), directory)?;
    let before = cpu_time(platform.process.id())?;
    let report = load.run(size.round, directory)?;
    let used = cpu_time(platform.process.id())?.saturating_sub(before);
    let reference = format!("{:.0} in {} s over {CONNECTIONS} connections", report.requests, size.round.as_secs());
    Ok(vec![
        Figure {
            name: "server CPU per validation from the cache",
            measured: used.as_secs_f64() * 1e6 / report.requests,
            bound: CPU_US,
            unit: "us",
            reference: format!("20,000 a second on a core; {reference}"),
        },
        Figure {
            name: "a validation from the cache, p99",
            measured: report.p99_ms,
            bound: P99_MS,
            unit: "ms",
            reference,
        },
    ])
}

/// The median of writes whose token the inventory has to ask about, less that of writes whose token it remembers.
pub(super) async fn on_top_of_a_write(platform: &Platform, service: &Service, size: Size) -> Result<Figure> {
    let tokens = service.tokens(size.writes + 1).await?;
    let (known, fresh) = tokens.split_first().context("there are tokens")?;
    let web = platform.client();
    let list = web.get("/api/v1/items?limit=1").await.expect(200).json();
    let category = list["items"][0]["category"].as_str().context("a listed item has a category")?.to_owned();
    let (mut remembered, mut asked) = (Vec::new(), Vec::new());
    for token in fresh {
        // Just before, so that it is remembered for sure.
        write(&web.with_token(known), &category).await;
        remembered.push(write(&web.with_token(known), &category).await);
        asked.push(write(&web.with_token(token), &category).await);
    }
    let (remembered, asked) = (median(&mut remembered), median(&mut asked));
    Ok(Figure {
        name: "what a validation adds to a write, p50",
        measured: asked - remembered,
        bound: ADDED_MS,
        unit: "ms",
        reference: format!("{asked:.2} ms asking, {remembered:.2} ms remembering"),
    })
}

async fn write(member: &Client, category: &str) -> f64 {
    let started = Instant::now();
    let answer = member.post("/api/v1/items", &json!({ "name": "Bench kite", "category": category })).await;
    let took = started.elapsed().as_secs_f64() * 1e3;
    answer.expect(201);
    took
}
