//! The gateway in front of the services, and by itself in front of an origin.

mod peers;
mod server;
mod wrk;

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::figure::{Figure, median};
use crate::nginx::Nginx;
use crate::platform::{Platform, directory};
use crate::process_table;
use peers::Size;
use wrk::Load;

/// A public list, as a visitor's first page asks for it.
const PATH: &str = "/api/v1/items?limit=10";

/// Rounds that alternate between the two servers, so that a slow moment of the machine meets both.
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(4);

/// Keep-alive connections of a round.
const CONNECTIONS: u32 = 16;

/// The figures of the gateway with the services behind it, and of the gateway by itself.
pub(crate) async fn measure(quick: bool) -> Result<Vec<Figure>> {
    let mut figures = vec![with_services(quick).await?];
    figures.extend(peers::measure(if quick { Size::QUICK } else { Size::FULL }).await?);
    Ok(figures)
}

/// Server CPU per cached public GET, of this platform as a whole and of nginx's `proxy_cache` serving the same body.
async fn with_services(quick: bool) -> Result<Figure> {
    let directory = directory()?;
    let platform = Platform::start(&directory.path().join("data")).await?;
    let nginx = Nginx::start(&platform.base, directory.path()).await?;
    let (ours, theirs) = (platform.client(), nginx.client());
    let first = ours.get(PATH).await.expect(200);
    ensure!(theirs.get(PATH).await.expect(200).body == first.body, "the two servers answer different bodies");
    let again = ours.get(PATH).await.expect(200);
    let status = again.header("cache-status").unwrap_or_default();
    ensure!(status.contains("hit"), "the second GET is no cache hit: Cache-Status: {status:?}");
    ensure!(theirs.get(PATH).await.header("x-cache") == Some("HIT"), "nginx's second GET is no cache hit");

    let (mut our_costs, mut their_costs) = (Vec::new(), Vec::new());
    for _ in 0..if quick { 1 } else { ROUNDS } {
        our_costs.push(cost(&platform.base, platform.process.id(), &directory)?);
        their_costs.push(cost(&nginx.base, nginx.process.id(), &directory)?);
    }
    let (measured, reference) = (median(&mut our_costs), median(&mut their_costs));
    Ok(Figure {
        name: "server CPU per cached GET",
        measured,
        bound: 1.5 * reference,
        unit: "us",
        reference: format!(
            "nginx proxy_cache {reference:.2} us, ratio {:.2}, body {} bytes",
            measured / reference,
            first.body.len()
        ),
    })
}

/// CPU microseconds per request of the process `id` under load.
fn cost(base: &str, id: u32, directory: &tempfile::TempDir) -> Result<f64> {
    let before = process_table::cpu_time(id)?;
    let load = Load { connections: CONNECTIONS, duration: ROUND };
    let requests = wrk::get(base, PATH, 1, load, directory.path())?.sound(base)?.requests;
    let used = process_table::cpu_time(id)?.saturating_sub(before);
    Ok(used.as_secs_f64() * 1e6 / f64::from(requests))
}
