//! Those who write into the source while the warehouse reads.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::source::Source;

/// A prime that is coprime to every number of rows.
const SPREAD: u64 = 1_000_000_007;

/// How many rows a second are changed, one in a transaction, while `beside` happens once.
pub(super) async fn per_second(
    source: &Source,
    window: Duration,
    beside: impl Future<Output = Result<()>>,
) -> Result<f64> {
    let (begun, done) = (Instant::now(), AtomicU64::new(0));
    let write = async || {
        while begun.elapsed() < window {
            source.change_one(done.fetch_add(1, Ordering::Relaxed).wrapping_mul(SPREAD)).await?;
        }
        anyhow::Ok(())
    };
    let (one, two, three, four, beside) = tokio::join!(write(), write(), write(), write(), beside);
    one.and(two).and(three).and(four).and(beside)?;
    #[expect(clippy::cast_precision_loss, reason = "thousands of transactions")]
    Ok(done.into_inner() as f64 / window.as_secs_f64())
}
