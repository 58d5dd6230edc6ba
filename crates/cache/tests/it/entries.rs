use std::time::Duration;

use bytes::Bytes;
use cache::{Cache, Filled, InProcess};

const MINUTE: Duration = Duration::from_mins(1);

async fn store(cache: &InProcess, key: &str, value: impl Into<Bytes>, ttl: Duration) -> Filled {
    let ticket = cache.begin_fill(key).await.unwrap();
    cache.fill(ticket, value.into(), ttl).await.unwrap()
}

#[tokio::test]
async fn what_was_filled_is_found_under_its_key_only() {
    let cache = InProcess::new(1 << 20);
    assert_eq!(store(&cache, "a", "1", MINUTE).await, Filled::Stored);
    assert_eq!(cache.get("a").await.unwrap().unwrap(), "1");
    assert_eq!(cache.get("b").await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn an_entry_is_gone_when_its_time_is_over_and_not_before() {
    let cache = InProcess::new(1 << 20);
    store(&cache, "a", "1", MINUTE).await;
    tokio::time::advance(Duration::from_millis(59_999)).await;
    assert!(cache.get("a").await.unwrap().is_some());
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(cache.get("a").await.unwrap(), None);
    assert_eq!(cache.used_bytes(), 0, "an expired entry that was asked for gives its memory back");
}

#[tokio::test]
async fn an_endless_time_to_live_is_no_reason_to_panic() {
    let cache = InProcess::new(1 << 20);
    store(&cache, "a", "1", Duration::MAX).await;
    assert!(cache.get("a").await.unwrap().is_some());
}

#[tokio::test]
async fn memory_stays_within_the_capacity_whatever_is_stored() {
    let capacity = 64 * 1024;
    let cache = InProcess::new(capacity);
    for number in 0..10_000 {
        store(&cache, &format!("key {number}"), vec![0; number % 700], MINUTE).await;
        assert!(cache.used_bytes() <= capacity, "{} bytes after {number} entries", cache.used_bytes());
    }
    assert!(cache.used_bytes() > capacity / 2, "the capacity is used");
}

#[tokio::test]
async fn a_value_larger_than_the_capacity_is_not_kept_and_leaves_no_older_one_behind() {
    let cache = InProcess::new(16 * 1024);
    store(&cache, "a", "old", MINUTE).await;
    store(&cache, "a", vec![0; 32 * 1024], MINUTE).await;
    assert_eq!(cache.get("a").await.unwrap(), None);
}

#[tokio::test]
async fn an_invalidated_entry_is_gone_and_can_be_filled_anew() {
    let cache = InProcess::new(1 << 20);
    store(&cache, "a", "1", MINUTE).await;
    cache.invalidate("a").await.unwrap();
    assert_eq!(cache.get("a").await.unwrap(), None);
    assert_eq!(store(&cache, "a", "2", MINUTE).await, Filled::Stored);
    assert_eq!(cache.get("a").await.unwrap().unwrap(), "2");
}

#[tokio::test]
async fn a_fill_begun_before_an_invalidation_is_outdated_even_if_the_key_was_never_there() {
    let cache = InProcess::new(1 << 20);
    let ticket = cache.begin_fill("a").await.unwrap();
    cache.invalidate("a").await.unwrap();
    assert_eq!(cache.fill(ticket, Bytes::from("1"), MINUTE).await.unwrap(), Filled::Outdated);
    assert_eq!(cache.get("a").await.unwrap(), None);
}
