use std::time::Duration;

use quick_cache::sync::Cache as Map;

use super::key::Key;
use super::time::Timestamp;

/// How long an address is remembered. Meanwhile its requests pass one beside the other instead of waiting in line to learn
/// that each has to ask for itself.
const REMEMBERED: Duration = Duration::from_secs(10);

/// Addresses that are remembered at once.
const MOST: usize = 10_000;

/// Addresses whose last answer could not be stored.
#[derive(Debug)]
pub(super) struct Uncacheable(Map<Key, Timestamp>);

impl Uncacheable {
    pub(super) fn new() -> Self {
        Self(Map::new(MOST))
    }

    pub(super) fn note(&self, key: &Key, now: Timestamp) {
        self.0.insert(key.clone(), now);
    }

    pub(super) fn contains(&self, key: &Key, now: Timestamp) -> bool {
        self.0.get(key).is_some_and(|noted| now.since(noted) < REMEMBERED)
    }
}

#[cfg(test)]
mod tests {
    use super::super::key::KeyRef;
    use super::*;

    #[test]
    fn an_address_is_remembered_for_ten_seconds() {
        let known = Uncacheable::new();
        let key = KeyRef { host: "h", path: "/a", query: "" }.to_key();
        assert!(!known.contains(&key, Timestamp::from_secs(100)));
        known.note(&key, Timestamp::from_secs(100));
        assert!(known.contains(&key, Timestamp::from_secs(109)));
        assert!(!known.contains(&key, Timestamp::from_secs(110)));
    }
}
