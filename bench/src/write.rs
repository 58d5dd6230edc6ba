use std::fs::File;
use std::io::Write;
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::json;

use crate::figure::{Figure, median};
use crate::platform::{Platform, directory};

const WRITES: usize = 300;

/// What a write may take on top of the disk's own fsync.
const ON_TOP_MS: f64 = 5.0;

/// The median latency of creating an item through the gateway, beside one fsync of the same disk, taken in turns.
pub(crate) async fn measure() -> Result<Vec<Figure>> {
    let directory = directory()?;
    let platform = Platform::start(&directory.path().join("data")).await?;
    let member = platform.member().await?;
    let list = member.get("/api/v1/items?limit=1").await.expect(200).json();
    let category = list["items"][0]["category"].as_str().context("a listed item has a category")?.to_owned();
    let mut file = File::create(directory.path().join("fsync"))?;
    let (mut writes, mut syncs) = (Vec::new(), Vec::new());
    for number in 0..WRITES {
        let item = json!({ "name": format!("Bench ladder {number}"), "category": category });
        let started = Instant::now();
        let answer = member.post("/api/v1/items", &item).await;
        writes.push(milliseconds_since(started));
        answer.expect(201);
        syncs.push(fsync(&mut file)?);
    }
    let sync = median(&mut syncs);
    Ok(vec![Figure {
        name: "a validated write through the gateway, p50",
        measured: median(&mut writes),
        bound: ON_TOP_MS + sync,
        unit: "ms",
        reference: format!("one fsync {sync:.2} ms, plus {ON_TOP_MS} ms"),
    }])
}

/// Appends a page, as a commit does, and waits until it is on the disk.
pub(crate) fn fsync(file: &mut File) -> Result<f64> {
    let started = Instant::now();
    file.write_all(&[0; 4096])?;
    file.sync_data()?;
    Ok(milliseconds_since(started))
}

pub(crate) fn milliseconds_since(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e3
}
