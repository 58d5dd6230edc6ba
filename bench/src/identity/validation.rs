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
    let a_second = report.requests / size.round.as_secs_f64();
    let reference = format!("{a_second:.0} a second over {CONNECTIONS} connections, which is all there is");
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

/// The median of validations, each asked for by itself between two writes, as the inventory asks for one with every write.
pub(super) async fn on_top_of_a_write(platform: &Platform, service: &Service, size: Size) -> Result<Figure> {
    let token = service.tokens(1).await?.swap_remove(0);
    let member = platform.client().with_token(&token);
    let inside = service.client().with_token(&service.secret);
    let list = member.get("/api/v1/items?limit=1").await.expect(200).json();
    let category = list["items"][0]["category"].as_str().context("a listed item has a category")?.to_owned();
    let (mut validations, mut writes) = (Vec::new(), Vec::new());
    for _ in 0..size.writes {
        writes.push(write(&member, &category).await);
        validations.push(validate(&inside, &token).await);
    }
    let (validation, write) = (median(&mut validations), median(&mut writes));
    Ok(Figure {
        name: "what a validation adds to a write, p50",
        measured: validation,
        bound: ADDED_MS,
        unit: "ms",
        reference: format!("the write with its validation: {write:.2} ms"),
    })
}

async fn validate(service: &Client, token: &str) -> f64 {
    let started = Instant::now();
    let answer = service.post("/internal/v1/validate-token", &json!({ "token": token })).await;
    let took = started.elapsed().as_secs_f64() * 1e3;
    assert_eq!(answer.expect(200).json()["active"], true, "the token is good");
    took
}

async fn write(member: &Client, category: &str) -> f64 {
    let started = Instant::now();
    let answer = member.post("/api/v1/items", &json!({ "name": "Bench kite", "category": category })).await;
    let took = started.elapsed().as_secs_f64() * 1e3;
    answer.expect(201);
    took
}
