use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use reqwest::Method;
use serde_json::json;
use test_kit::http::Client;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::MissedTickBehavior;

use super::topology::Topology;

/// 200 requests a second.
const BETWEEN: Duration = Duration::from_millis(5);

/// How often a balancer asks a gateway whether it takes requests.
const PROBE: Duration = Duration::from_millis(100);

/// Every tenth request is a write.
const WRITES: usize = 10;

const READS: [&str; 3] = ["/api/v1/items?limit=20", "/api/v1/items?q=ladder", "/api/v1/categories"];

/// People who ask through a balancer, two hundred times a second, whatever happens behind it.
pub(super) struct Crowd {
    stop: Arc<AtomicBool>,
    work: JoinHandle<Result<Seen>>,
}

/// What people saw.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) answered: u32,
    pub(super) failed: u32,
    pub(super) seconds: f64,
    pub(super) first_failure: Option<String>,
}

/// A gateway behind the balancer.
#[derive(Clone)]
struct Door {
    member: Client,
    operations: Client,
    open: Arc<AtomicBool>,
}

impl Crowd {
    pub(super) fn begin(topology: &Topology, token: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let doors = [0, 1].map(|number| Door {
            member: topology.gateway(number).with_token(token),
            operations: topology.gateway_operations(number),
            open: Arc::new(AtomicBool::new(true)),
        });
        let work = tokio::spawn(ask(doors, stop.clone()));
        Self { stop, work }
    }

    pub(super) async fn end(self) -> Result<Seen> {
        self.stop.store(true, Ordering::Relaxed);
        self.work.await?
    }
}

async fn ask(doors: [Door; 2], stop: Arc<AtomicBool>) -> Result<Seen> {
    let mut probes = JoinSet::new();
    for door in doors.clone() {
        probes.spawn(async move { door.probe().await });
    }
    let (begun, mut requests) = (Instant::now(), JoinSet::new());
    let mut ticks = tokio::time::interval(BETWEEN);
    // A load that fell behind catches up: people do not wait for each other.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        ticks.tick().await;
        let open: Vec<&Door> = doors.iter().filter(|door| door.open.load(Ordering::Relaxed)).collect();
        let door = open.get(number % open.len().max(1)).map_or(&doors[0], |door| *door);
        requests.spawn(door.clone().request(number));
        number += 1;
    }
    let mut seen = Seen { answered: 0, failed: 0, seconds: begun.elapsed().as_secs_f64(), first_failure: None };
    while let Some(outcome) = requests.join_next().await {
        match outcome? {
            Ok(()) => seen.answered += 1,
            Err(failure) => {
                seen.failed += 1;
                seen.first_failure.get_or_insert(failure);
            }
        }
    }
    Ok(seen)
}

impl Door {
    /// Opens and closes as the gateway says that it is ready or not.
    async fn probe(self) {
        let mut every = tokio::time::interval(PROBE);
        loop {
            every.tick().await;
            let answer = self.operations.request(Method::GET, "/readyz").timeout(PROBE * 10).send().await;
            self.open.store(answer.is_ok_and(|answer| answer.status().is_success()), Ordering::Relaxed);
        }
    }

    async fn request(self, number: usize) -> Result<(), String> {
        let request = if number.is_multiple_of(WRITES) {
            let item = json!({ "name": format!("Rung {number}"), "category": "ladders" });
            self.member.request(Method::POST, "/api/v1/items").json(&item)
        } else {
            self.member.request(Method::GET, READS[number % READS.len()])
        };
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let status = answer.status();
        if status.is_success() { Ok(()) } else { Err(format!("{status}: {}", answer.text().await.unwrap_or_default())) }
    }
}
