use std::time::Duration;

use anyhow::{Context, Result};

use crate::figure::Figure;
use crate::load;
use crate::platform::{Platform, directory};
use crate::process_table::resident_megabytes;

const READS: u32 = 100_000;

/// Resident memory after a hundred thousand cached reads of every public item.
pub(crate) async fn measure() -> Result<Vec<Figure>> {
    let directory = directory()?;
    let platform = Platform::start(&directory.path().join("data")).await?;
    let id = platform.process.id();
    let at_start = resident_megabytes(id)?;
    let list = platform.client().get("/api/v1/items?limit=100").await.expect(200).json();
    let items = list["items"].as_array().context("a list has items")?;
    let paths: Vec<_> =
        items.iter().filter_map(|item| item["id"].as_str()).map(|id| format!("/api/v1/items/{id}")).collect();
    let mut reads = 0;
    while reads < READS {
        reads += load::get(&platform.base, &paths, Duration::from_secs(2), directory.path())?;
    }
    Ok(vec![Figure {
        name: "resident memory after 100,000 cached reads",
        measured: resident_megabytes(id)?,
        bound: 120.0,
        unit: "MB",
        reference: format!("{at_start:.1} MB when ready; {reads} reads of {} items", paths.len()),
    }])
}
