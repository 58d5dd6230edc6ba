use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How often a condition is asked again.
pub(crate) const PAUSE: Duration = Duration::from_millis(10);

/// Returns as soon as `condition` holds and panics, naming `what` never came, once `deadline` has passed.
///
/// The condition is asked every 10 ms, and at least once.
pub async fn wait_until(what: &str, deadline: Duration, mut condition: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !condition().await {
        assert!(started.elapsed() < deadline, "{what}: not within {deadline:?}");
        sleep(PAUSE).await;
    }
}
