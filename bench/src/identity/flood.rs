use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::json;
use test_kit::http::{Client, send};
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};
use tokio::time::{interval, sleep};

use super::Size;
use super::service::Service;
use super::wrk::Load;
use crate::figure::{Figure, median};
use crate::platform::Platform;
use crate::process_table::resident_megabytes;

/// Attempts to sign in a second.
const ATTEMPTS: u32 = 500;

/// What hashing may take besides: one hash takes 19 MiB, and those that wait are small.
const MORE_MEGABYTES: f64 = 64.0;

/// Fewer attempts a second than that are no flood.
const SHORT: f64 = 25.0;

/// Between two looks at the memory.
const LOOK: Duration = Duration::from_millis(50);

/// Counts passwords that were hashed.
const HASHED: &str = "lendery_users_password_hashes_total";

/// Counts attempts for which there was no room in the queue of the hasher.
const REFUSED: &str = "lendery_users_password_hashes_refused_total";

/// What a flood of logins does to readers, to validations and to memory.
pub(super) async fn measure(
    platform: &Platform,
    service: &Service,
    directory: &Path,
    size: Size,
) -> Result<Vec<Figure>> {
    let token = service.tokens(1).await?.swap_remove(0);
    let reads =
        Load { url: format!("{}/api/v1/items?limit=10", platform.base), script: String::new(), connections: 16 };
    let validations = Load::of_validations(&service.base, &service.secret, &token, 16);
    let quiet = Latencies::of(&reads, &validations, directory, size).await?;
    let megabytes = resident_megabytes(platform.process.id())?;
    let (hashed, refused) = (service.counter(HASHED).await?, service.counter(REFUSED).await?);
    let flood = Flood::start(service.client(), platform.process.id());
    let flooded = Latencies::of(&reads, &validations, directory, size).await?;
    let (answered, rate) = flood.answered();
    let during = flood.end().await?;
    let hashed = service.counter(HASHED).await? - hashed;
    let refused = service.counter(REFUSED).await? - refused;
    Ok(vec![
        Figure {
            name: "attempts to sign in that the flood fell short of 500 a second by",
            measured: f64::from(ATTEMPTS) - rate,
            bound: SHORT,
            unit: "/s",
            reference: format!("{answered} answered: {hashed:.0} hashed, {refused:.0} refused for want of room"),
        },
        Figure {
            name: "cached GET during a flood of logins, p99",
            measured: flooded.reads,
            bound: 2.0 * quiet.reads,
            unit: "ms",
            reference: format!("{:.2} ms without, doubled", quiet.reads),
        },
        Figure {
            name: "validation during a flood of logins, p99",
            measured: flooded.validations,
            bound: 2.0 * quiet.validations,
            unit: "ms",
            reference: format!("{:.2} ms without, doubled", quiet.validations),
        },
        Figure {
            name: "resident memory during a flood of logins, the most",
            measured: during,
            bound: megabytes + MORE_MEGABYTES,
            unit: "MB",
            reference: format!("{megabytes:.1} MB before"),
        },
    ])
}

/// The middle of the 99th percentiles of all turns, in milliseconds.
struct Latencies {
    reads: f64,
    validations: f64,
}

impl Latencies {
    async fn of(reads: &Load, validations: &Load, directory: &Path, size: Size) -> Result<Self> {
        let (mut of_reads, mut of_validations) = (Vec::new(), Vec::new());
        for _ in 0..size.turns {
            of_reads.push(p99(reads.clone(), size.turn, directory.to_owned()).await?);
            of_validations.push(p99(validations.clone(), size.turn, directory.to_owned()).await?);
        }
        Ok(Self { reads: median(&mut of_reads), validations: median(&mut of_validations) })
    }
}

async fn p99(load: Load, turn: Duration, directory: PathBuf) -> Result<f64> {
    let report = spawn_blocking(move || load.run(turn, &directory)).await.context("the load panicked")??;
    Ok(report.p99_ms)
}

/// Attempts to sign in until it ends, each from another address and for another e-mail: one account would soon make all wait,
/// and an e-mail that nobody has costs the same hash.
struct Flood {
    answered: Arc<AtomicU32>,
    started: Instant,
    sending: JoinHandle<()>,
    watching: JoinHandle<Result<()>>,
    /// The most memory that was seen, in MB.
    most: Arc<Mutex<f64>>,
}

impl Flood {
    fn start(client: Client, process: u32) -> Self {
        let (answered, most) = (Arc::new(AtomicU32::new(0)), Arc::new(Mutex::new(0.0)));
        let sending = tokio::spawn(attempts(client, Arc::clone(&answered)));
        let watching = tokio::spawn(watch(process, Arc::clone(&most)));
        Self { answered, started: Instant::now(), sending, watching, most }
    }

    /// How many attempts were answered so far, and how many a second.
    fn answered(&self) -> (u32, f64) {
        let answered = self.answered.load(Ordering::SeqCst);
        (answered, f64::from(answered) / self.started.elapsed().as_secs_f64())
    }

    /// Ends it. Answers the most memory that the process had, in MB.
    async fn end(self) -> Result<f64> {
        self.sending.abort();
        if self.watching.is_finished() {
            self.watching.await.context("the watch over the memory panicked")??;
        } else {
            self.watching.abort();
        }
        Ok(*self.most.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn watch(process: u32, most: Arc<Mutex<f64>>) -> Result<()> {
    loop {
        let now = resident_megabytes(process)?;
        {
            let mut most = most.lock().unwrap_or_else(PoisonError::into_inner);
            *most = most.max(now);
        }
        sleep(LOOK).await;
    }
}

async fn attempts(client: Client, answered: Arc<AtomicU32>) {
    let mut every = interval(Duration::from_secs(1) / ATTEMPTS);
    let mut answers = JoinSet::new();
    for number in 0.. {
        every.tick().await;
        let (client, answered) = (client.clone(), Arc::clone(&answered));
        answers.spawn(async move {
            attempt(client, number).await;
            answered.fetch_add(1, Ordering::SeqCst);
        });
        while answers.try_join_next().is_some() {}
    }
}

/// One guess. The service believes who it says it comes from: this machine may be its gateway.
async fn attempt(client: Client, number: u32) {
    let email = format!("nobody{number}@example.org");
    let address = Ipv4Addr::from_bits(Ipv4Addr::new(198, 18, 0, 0).to_bits() + number % 100_000);
    let request = client.request(Method::POST, "/api/v1/auth/login").header("x-forwarded-for", address.to_string());
    let guess = json!({ "email": email, "password": format!("guess number {number}") });
    send(request.json(&guess)).await;
}
