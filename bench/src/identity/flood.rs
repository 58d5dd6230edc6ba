use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::json;
use test_kit::http::{Client, send};
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};

use super::Size;
use super::service::{EMAIL, Service};
use super::wrk::Load;
use crate::figure::{Figure, median};
use crate::platform::Platform;
use crate::process_table::resident_megabytes;

/// Attempts to sign in a second.
const ATTEMPTS: u32 = 500;

/// What hashing may take besides: one hash takes 19 MiB, and those that wait are small.
const MORE_MEGABYTES: f64 = 64.0;

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
    let refused = service.counter(REFUSED).await?;
    let flood = Flood::start(service.client());
    let flooded = Latencies::of(&reads, &validations, directory, size).await?;
    let during = resident_megabytes(platform.process.id())?;
    let attempts = flood.sent.load(Ordering::SeqCst);
    drop(flood);
    let refused = service.counter(REFUSED).await? - refused;
    Ok(vec![
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
            name: "resident memory during a flood of logins",
            measured: during,
            bound: megabytes + MORE_MEGABYTES,
            unit: "MB",
            reference: format!("{megabytes:.1} MB before; {attempts} attempts, {refused:.0} of them not hashed"),
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

/// Attempts to sign in until it is dropped, each from another address: half for an account that there is, half for one that
/// there is not.
struct Flood {
    sent: Arc<AtomicU32>,
    sending: JoinHandle<()>,
}

impl Flood {
    fn start(client: Client) -> Self {
        let sent = Arc::new(AtomicU32::new(0));
        let sending = tokio::spawn(attempts(client, Arc::clone(&sent)));
        Self { sent, sending }
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.sending.abort();
    }
}

async fn attempts(client: Client, sent: Arc<AtomicU32>) {
    let mut every = tokio::time::interval(Duration::from_secs(1) / ATTEMPTS);
    let mut answers = JoinSet::new();
    loop {
        every.tick().await;
        let number = sent.fetch_add(1, Ordering::SeqCst);
        answers.spawn(attempt(client.clone(), number));
        // What a guess was answered is not what is measured.
        while answers.try_join_next().is_some() {}
    }
}

/// One guess. The service believes who it says it comes from: this machine may be its gateway.
async fn attempt(client: Client, number: u32) {
    let email = if number.is_multiple_of(2) { EMAIL.to_owned() } else { format!("nobody{number}@example.org") };
    let address = Ipv4Addr::from_bits(Ipv4Addr::new(198, 18, 0, 0).to_bits() + number % 100_000);
    let request = client.request(Method::POST, "/api/v1/auth/login").header("x-forwarded-for", address.to_string());
    let guess = json!({ "email": email, "password": format!("guess number {number}") });
    send(request.json(&guess)).await;
}
