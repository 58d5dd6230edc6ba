//! The gateway by itself beside nginx, HAProxy and Varnish, in front of the same origin, on the same cores, in one run.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use test_kit::http::Client;
use test_kit::redis_cluster::RedisCluster;

use super::server::{CACHED, PASSED, Server, missing};
use super::wrk::{Load, Outcome, get};
use crate::figure::{Figure, median};
use crate::platform::directory;
use crate::process_table::{cpu_time, resident_megabytes};

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    rounds: usize,
    round: Duration,
    /// Addresses that are stored for the figures of a full cache.
    entries: u32,
}

impl Size {
    pub(super) const FULL: Self = Self { rounds: 5, round: Duration::from_secs(4), entries: 1_000_000 };
    /// Enough to see that it runs.
    pub(super) const QUICK: Self = Self { rounds: 1, round: Duration::from_secs(1), entries: 2_000 };
}

/// The medians of one server under one load.
#[derive(Debug, Clone)]
struct Measured {
    cpu_us: f64,
    per_second: f64,
    p99: f64,
    /// What did not go through.
    complaints: Vec<String>,
}

/// The memory that the gateway may use for what it stores, with a full cache.
const CAPACITY_MB: f64 = 1_024.0;

pub(super) async fn measure(size: Size) -> Result<Vec<Figure>> {
    if let Some(package) = missing() {
        bail!("the others are measured, too: `apt-get install {package}`");
    }
    let directory = directory()?;
    let directory = directory.path();
    let origin = Server::origin(directory).await?;
    let servers = [
        Server::gateway(&origin, directory, "gateway", "").await?,
        Server::nginx(&origin, directory).await?,
        Server::haproxy(&origin, directory).await?,
        Server::varnish(&origin, directory).await?,
    ];
    for server in &servers {
        let client = Client::new(&server.base);
        let first = client.get(CACHED).await.expect(200).body;
        ensure!(client.get(PASSED).await.expect(200).body == first, "{} answers another body", server.name);
    }
    let mut figures = Vec::new();
    figures.extend(hits(&servers, size, directory)?);
    figures.extend(passes(&servers, size, directory)?);
    drop(servers);
    figures.extend(full(&origin, size, directory).await?);
    figures.push(second_tier(&origin, size, directory).await?);
    Ok(figures)
}

/// Answers from memory: CPU, throughput, and the 99th percentile at 64 and at 1,000 connections.
fn hits(servers: &[Server; 4], size: Size, directory: &Path) -> Result<Vec<Figure>> {
    let all = round_robin(servers, CACHED, 64, size, directory)?;
    let [ours, nginx, haproxy, varnish] = &all;
    let mut figures = vec![
        Figure {
            name: "server CPU per cached GET, by itself",
            measured: ours.cpu_us,
            bound: haproxy.cpu_us,
            unit: "us",
            reference: beside("HAProxy {}, nginx {}, Varnish {} us", [haproxy.cpu_us, nginx.cpu_us, varnish.cpu_us])
                + &complaints(&all),
        },
        Figure {
            name: "time per cached GET at full load",
            measured: 1e6 / ours.per_second,
            bound: 1e6 / nginx.per_second / 1.1,
            unit: "us",
            reference: beside(
                "a second: nginx {}, HAProxy {}, Varnish {}",
                [nginx.per_second, haproxy.per_second, varnish.per_second],
            ),
        },
        slowest("99th percentile of cached GETs, 64 connections", &all),
    ];
    let crowd = round_robin(servers, CACHED, 1_000, size, directory)?;
    figures.push(slowest("99th percentile of cached GETs, 1,000 connections", &crowd));
    Ok(figures)
}

/// Answers from the origin, through the server.
fn passes(servers: &[Server; 4], size: Size, directory: &Path) -> Result<Vec<Figure>> {
    let all = round_robin(servers, PASSED, 64, size, directory)?;
    let [ours, nginx, haproxy, varnish] = &all;
    Ok(vec![Figure {
        name: "time per GET that is passed on",
        measured: 1e6 / ours.per_second,
        bound: 1e6 / nginx.per_second / 0.7,
        unit: "us",
        reference: beside(
            "a second: nginx {}, HAProxy {}, Varnish {}",
            [nginx.per_second, haproxy.per_second, varnish.per_second],
        ) + &complaints(&all),
    }])
}

fn slowest(name: &'static str, all: &[Measured; 4]) -> Figure {
    let [ours, nginx, haproxy, varnish] = all.each_ref().map(|server| server.p99);
    Figure {
        name,
        measured: ours,
        bound: nginx.max(haproxy).max(varnish),
        unit: "ms",
        reference: beside("nginx {}, HAProxy {}, Varnish {} ms", [nginx, haproxy, varnish]) + &complaints(all),
    }
}

/// What others did not answer; it speaks for itself and does not end the measurement.
fn complaints(all: &[Measured; 4]) -> String {
    all.iter()
        .flat_map(|server| &server.complaints)
        .map(|complaint| format!("; {complaint}"))
        .collect::<Vec<_>>()
        .concat()
}

/// The cost of a hit with few and with many responses in memory, and the memory they take. Two gateways are asked in turn, so that a
/// slow moment of the machine meets both.
async fn full(origin: &Server, size: Size, directory: &Path) -> Result<Vec<Figure>> {
    let more = format!("[cache]\ncapacity_bytes = {}\n", CAPACITY_MB * 1e6);
    let server = Server::gateway(origin, directory, "full", &more).await?;
    let sparse = Server::gateway(origin, directory, "sparse", &more).await?;
    let load = Load { connections: 64, duration: size.round };
    // Each address is asked for once; most of the answers stay within the capacity.
    let mut asked = 0;
    while asked < size.entries {
        asked += get(&server.base, CACHED, size.entries, load, directory)?.sound(server.name)?.requests;
    }
    let (mut few, mut many) = (Vec::new(), Vec::new());
    for _ in 0..size.rounds {
        few.push(cost(&sparse, 100, load, directory)?);
        many.push(cost(&server, 100, load, directory)?);
    }
    let (few, many) = (median(&mut few), median(&mut many));
    let resident = resident_megabytes(server.process.id())?;
    Ok(vec![
        Figure {
            name: "server CPU per cached GET with a full cache",
            measured: many,
            // What two equal measurements differ by on a machine with other work.
            bound: 1.1 * few,
            unit: "us",
            reference: format!("with 100 addresses {few:.2} us; {} addresses asked for", size.entries),
        },
        Figure {
            name: "resident memory of the gateway with a full cache",
            measured: resident,
            bound: 1.25 * CAPACITY_MB,
            unit: "MB",
            reference: format!("its setting is {CAPACITY_MB:.0} MB"),
        },
    ])
}

/// Answers from the Redis Cluster, by a gateway whose own memory holds next to nothing.
async fn second_tier(origin: &Server, size: Size, directory: &Path) -> Result<Figure> {
    const ADDRESSES: u32 = 1_000;
    let redis = RedisCluster::start();
    let urls = redis.urls().iter().map(|url| format!("\"{url}\"")).collect::<Vec<_>>().join(", ");
    let small = "[cache]\ncapacity_bytes = 65536\nentry_bytes = 32768\n";
    let server = Server::gateway(origin, directory, "shared", &format!("redis_urls = [{urls}]\n{small}")).await?;
    let load = Load { connections: 64, duration: size.round };
    // The first round fills Redis.
    let round = || get(&server.base, CACHED, ADDRESSES, load, directory)?.sound(server.name);
    round()?;
    let mut times = (0..size.rounds).map(|_| Ok(1e6 / round()?.per_second())).collect::<Result<Vec<_>>>()?;
    Ok(Figure {
        name: "time per GET from the Redis Cluster at full load",
        measured: median(&mut times),
        bound: 1e6 / 25_000.0,
        unit: "us",
        reference: "25,000 a second; the cluster's six nodes are on the same cores".to_owned(),
    })
}

/// The medians of each server over rounds that alternate between them, so that a slow moment of the machine meets all.
fn round_robin(
    servers: &[Server; 4],
    path: &str,
    connections: u32,
    size: Size,
    directory: &Path,
) -> Result<[Measured; 4]> {
    let load = Load { connections, duration: size.round };
    let mut samples: [Vec<(f64, Outcome)>; 4] = Default::default();
    for _ in 0..size.rounds {
        for (server, samples) in servers.iter().zip(&mut samples) {
            samples.push(sample(server, path, 1, load, directory)?);
        }
    }
    // The others may break as many connections as they like; it is told beside the figure.
    for (_, outcome) in &samples[0] {
        outcome.clone().sound(servers[0].name)?;
    }
    let mut names = servers.iter().map(|server| server.name);
    Ok(samples.map(|samples| {
        let name = names.next().unwrap_or_default();
        let middle = |of: fn(&(f64, Outcome)) -> f64| median(&mut samples.iter().map(of).collect::<Vec<_>>());
        Measured {
            cpu_us: middle(|(cpu, _)| *cpu),
            per_second: middle(|(_, outcome)| outcome.per_second()),
            p99: middle(|(_, outcome)| outcome.p99),
            complaints: samples
                .iter()
                .filter_map(|(_, outcome)| Some(format!("{name}: {}", outcome.complaint.as_ref()?)))
                .collect(),
        }
    }))
}

/// The same as [`sample`], of a load that went through.
fn cost(server: &Server, addresses: u32, load: Load, directory: &Path) -> Result<f64> {
    let (cost, outcome) = sample(server, CACHED, addresses, load, directory)?;
    outcome.sound(server.name).map(|_| cost)
}

/// CPU microseconds per request of a server under load, and what came of the load.
fn sample(server: &Server, path: &str, addresses: u32, load: Load, directory: &Path) -> Result<(f64, Outcome)> {
    let id = server.process.id();
    let before = cpu_time(id)?;
    let outcome = get(&server.base, path, addresses, load, directory)?;
    let used = cpu_time(id)?.saturating_sub(before);
    Ok((used.as_secs_f64() * 1e6 / f64::from(outcome.requests.max(1)), outcome))
}

/// The numbers in the places of the text.
fn beside(text: &str, numbers: [f64; 3]) -> String {
    numbers.iter().fold(text.to_owned(), |text, number| text.replacen("{}", &format!("{number:.2}"), 1))
}
