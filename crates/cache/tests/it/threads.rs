use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use cache::{Cache, InProcess};

const TTL: Duration = Duration::from_mins(1);
const WRITES: u64 = 400;

async fn fill_until(stop: Arc<AtomicBool>, cache: Arc<InProcess>, source: Arc<AtomicU64>) {
    while !stop.load(Ordering::Acquire) {
        let ticket = cache.begin_fill("key").await.unwrap();
        let value = source.load(Ordering::Acquire);
        tokio::task::yield_now().await;
        let _ = cache.fill(ticket, Bytes::copy_from_slice(&value.to_be_bytes()), TTL).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn under_concurrent_fills_no_value_from_before_an_invalidation_is_ever_read_after_it() {
    let (cache, source) = (Arc::new(InProcess::new(1 << 16)), Arc::new(AtomicU64::new(0)));
    let stop = Arc::new(AtomicBool::new(false));
    let fillers: Vec<_> =
        (0..3).map(|_| tokio::spawn(fill_until(Arc::clone(&stop), Arc::clone(&cache), Arc::clone(&source)))).collect();

    for version in 1..=WRITES {
        source.store(version, Ordering::Release);
        cache.invalidate("key").await.unwrap();
        let value = loop {
            if let Some(value) = cache.get("key").await.unwrap() {
                break value;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(u64::from_be_bytes(value.as_ref().try_into().unwrap()), version);
    }

    stop.store(true, Ordering::Release);
    for filler in fillers {
        filler.await.unwrap();
    }
}
