//! What is stored in this process, found by address and by group, within a bound of bytes.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quick_cache::sync::Cache as Map;
use quick_cache::{DefaultHashBuilder, Lifecycle, Weighter};
use serde::Serialize;

use super::entry::{Entry, Variants};
use super::key::{Key, KeyRef};
use super::purge::{Purge, PurgeLog};
use super::time::Timestamp;
use super::vary::Variant;

/// An average entry, bytes: only a guess for the first size of the map.
const USUAL_ENTRY: u64 = 4096;

/// Stored responses. Reads take a lock of one shard for some nanoseconds; only stores and purges take the books' lock.
#[derive(Debug)]
pub(crate) struct Store {
    map: Map<Key, Variants, Weight, DefaultHashBuilder, CollectEvicted>,
    books: Mutex<Books>,
    /// The log's epoch, to be read without the lock.
    epoch: AtomicU64,
    most_variants: usize,
}

/// Which addresses belong to a group, and which purges fetches have to know of.
#[derive(Debug, Default)]
struct Books {
    groups: HashMap<Arc<str>, HashSet<Key>>,
    log: PurgeLog,
}

/// How full the store is.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Fill {
    pub(crate) addresses: usize,
    pub(crate) bytes: u64,
    pub(crate) capacity_bytes: u64,
    pub(crate) groups: usize,
    pub(crate) purges: u64,
}

/// A fetch that is under way: what it brings is stored only if nothing of it was purged meanwhile.
#[derive(Debug)]
pub(crate) struct Begun {
    store: Arc<Store>,
    epoch: u64,
}

impl Store {
    pub(crate) fn new(capacity_bytes: u64, most_variants: usize) -> Self {
        let items = usize::try_from(capacity_bytes / USUAL_ENTRY).unwrap_or(usize::MAX).max(16);
        let map = Map::with(items, capacity_bytes, Weight, DefaultHashBuilder::default(), CollectEvicted);
        Self { map, books: Mutex::default(), epoch: AtomicU64::new(0), most_variants }
    }

    pub(crate) fn get(&self, key: &KeyRef<'_>) -> Option<Variants> {
        self.map.get(key)
    }

    pub(crate) fn get_by(&self, key: &Key) -> Option<Variants> {
        self.map.get(key)
    }

    /// How many purges there have been: two equal readings with a fetch between them mean that it is as new as can be.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    pub(crate) fn begin(self: &Arc<Self>) -> Begun {
        let epoch = self.books().log.begin();
        Begun { store: Arc::clone(self), epoch }
    }

    /// Drops what `purge` names, here and in whatever is being fetched, and says how many addresses were affected. When it
    /// returns, no read finds any of it.
    pub(crate) fn purge(&self, purge: Purge) -> usize {
        let mut books = self.books();
        let dropped = self.named_by(&purge, &books).into_iter().filter_map(|key| self.map.remove(&key));
        let dropped = dropped.map(|(key, variants)| books.forget(&key, &variants)).count();
        self.noted(purge, &mut books);
        dropped
    }

    /// Makes what `purge` names stale, and says how many addresses were affected. It may still stand in for a failure where
    /// its upstream allows that; otherwise no read is answered with it before the upstream has confirmed it.
    pub(crate) fn expire(&self, purge: Purge, now: Timestamp) -> usize {
        let mut books = self.books();
        let mut expired = 0;
        for key in self.named_by(&purge, &books) {
            if let Some(variants) = self.map.peek(&key) {
                self.set(&key, variants.expired(now), &mut books);
                expired += 1;
            }
        }
        self.noted(purge, &mut books);
        expired
    }

    fn named_by(&self, purge: &Purge, books: &Books) -> Vec<Key> {
        let all = || self.map.iter().map(|(key, _)| key);
        match purge {
            Purge::All => all().collect(),
            Purge::Prefix(prefix) => all().filter(|key| key.path().starts_with(prefix)).collect(),
            Purge::Group(group) => books.groups.get(group).into_iter().flatten().cloned().collect(),
            Purge::Key(key) => vec![key.clone()],
        }
    }

    fn noted(&self, purge: Purge, books: &mut Books) {
        books.log.note(purge);
        self.epoch.store(books.log.epoch(), Ordering::Release);
    }

    /// Stores `variants`, whose groups the books know already, and lets them forget what had to make room.
    fn set(&self, key: &Key, variants: Variants, books: &mut Books) {
        let mut evicted = Vec::new();
        self.map.insert_with_lifecycle(key.clone(), variants, &mut evicted);
        // The map reports what was replaced, too; its groups are those of what replaced it, or forgotten before.
        for (key, variants) in evicted.iter().filter(|(key, _)| !self.map.contains_key(key)) {
            books.forget(key, variants);
        }
    }

    fn replace(&self, key: &Key, known: Option<&Variants>, variants: Variants, books: &mut Books) {
        if let Some(known) = known {
            books.forget(key, known);
        }
        books.remember(key, &variants);
        self.set(key, variants, books);
    }

    pub(crate) fn fill(&self) -> Fill {
        let books = self.books();
        Fill {
            addresses: self.map.len(),
            bytes: self.map.weight(),
            capacity_bytes: self.map.capacity(),
            groups: books.groups.len(),
            purges: books.log.epoch(),
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Begun {
    /// Stores what was fetched, also in place of the variant that it was before; false when it was purged meanwhile and may be
    /// older than the purge.
    pub(crate) fn put(&self, key: &Key, entry: &Arc<Entry>, was: Option<&Variant>) -> bool {
        let store = &*self.store;
        let mut books = store.books();
        if books.log.has_purged(key, &entry.groups, self.epoch) {
            return false;
        }
        let known = store.map.peek(key);
        let variants = Variants::with(known.as_ref(), entry, was, store.most_variants);
        store.replace(key, known.as_ref(), variants, &mut books);
        true
    }

    /// Stores what somebody else has stored under `key` beside what is here, the newer of each variant, and says what that is;
    /// none when something of it was purged meanwhile.
    pub(super) fn put_all(&self, key: &Key, variants: &Variants) -> Option<Variants> {
        let store = &*self.store;
        let mut books = store.books();
        if variants.iter().any(|entry| books.log.has_purged(key, &entry.groups, self.epoch)) {
            return None;
        }
        let known = store.map.peek(key);
        let variants = variants.beside(known.as_ref(), store.most_variants);
        store.replace(key, known.as_ref(), variants.clone(), &mut books);
        Some(variants)
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.store.books().log.end(self.epoch);
    }
}

impl Books {
    fn remember(&mut self, key: &Key, variants: &Variants) {
        for group in variants.groups() {
            if let Some(keys) = self.groups.get_mut(group) {
                keys.insert(key.clone());
            } else {
                self.groups.insert(Arc::clone(group), HashSet::from([key.clone()]));
            }
        }
    }

    fn forget(&mut self, key: &Key, variants: &Variants) {
        for group in variants.groups() {
            if let Some(keys) = self.groups.get_mut(group) {
                keys.remove(key);
                if keys.is_empty() {
                    self.groups.remove(group);
                }
            }
        }
    }
}

#[derive(Debug, Clone)]
struct Weight;

impl Weighter<Key, Variants> for Weight {
    fn weight(&self, key: &Key, variants: &Variants) -> u64 {
        u64::try_from(key.size() + variants.size()).unwrap_or(u64::MAX)
    }
}

/// Hands evicted entries to whoever caused the eviction, for the books.
#[derive(Debug, Clone)]
struct CollectEvicted;

impl Lifecycle<Key, Variants> for CollectEvicted {
    type RequestState = Vec<(Key, Variants)>;

    fn on_evict(&self, evicted: &mut Self::RequestState, key: Key, variants: Variants) {
        evicted.push((key, variants));
    }
}

#[cfg(test)]
mod tests {
    use super::super::directives::{RequestDirectives, ResponseDirectives};
    use super::super::freshness::{Freshness, Reuse};
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, StatusCode, header};
    use prometheus_client::metrics::counter::Counter;
    use proptest::prelude::*;
    use std::time::Duration;

    fn key(path: &str) -> Key {
        KeyRef { host: "h", path, query: "" }.to_key()
    }

    fn entry(body: usize, groups: &[&str], language: Option<&str>) -> Arc<Entry> {
        let now = Timestamp::from_secs(1);
        let (headers, directives) = (HeaderMap::new(), ResponseDirectives::default());
        let freshness = Freshness::new(&directives, Duration::from_secs(60), &headers, now, Duration::ZERO, 0.0);
        let request =
            language.map(|l| (header::ACCEPT_LANGUAGE, HeaderValue::from_str(l).unwrap())).into_iter().collect();
        let vary = language.map(|_| (header::VARY, HeaderValue::from_static("accept-language"))).into_iter().collect();
        let variant = Variant::of(&vary, &request, false).unwrap();
        let groups = groups.iter().map(|group| Arc::from(*group)).collect();
        let body = Bytes::from(vec![b'x'; body]);
        Arc::new(Entry::new(StatusCode::OK, headers, body, freshness, (variant, groups), Counter::default()))
    }

    fn store() -> Arc<Store> {
        Arc::new(Store::new(1024 * 1024, 3))
    }

    fn group(name: &str) -> Purge {
        Purge::Group(Arc::from(name))
    }

    #[test]
    fn a_group_is_dropped_whole_and_nothing_else() {
        let store = store();
        let begun = store.begin();
        assert!(begun.put(&key("/items"), &entry(10, &["items", "item:1"], None), None));
        assert!(begun.put(&key("/items/1"), &entry(10, &["item:1"], None), None));
        assert!(begun.put(&key("/categories"), &entry(10, &["categories"], None), None));
        drop(begun);
        assert_eq!(store.purge(group("item:1")), 2);
        assert!(store.get_by(&key("/items")).is_none() && store.get_by(&key("/items/1")).is_none());
        assert!(store.get_by(&key("/categories")).is_some());
        assert_eq!(store.fill().groups, 1, "the books forget groups without members");
        assert_eq!(store.purge(group("item:1")), 0);
    }

    #[test]
    fn purges_go_by_prefix_by_address_and_by_everything() {
        let store = store();
        let begun = store.begin();
        for path in ["/a/1", "/a/2", "/b", "/c"] {
            assert!(begun.put(&key(path), &entry(10, &[], None), None));
        }
        assert_eq!(store.purge(Purge::Prefix("/a/".to_owned())), 2);
        assert_eq!(store.purge(Purge::Key(key("/b"))), 1);
        assert_eq!(store.purge(Purge::All), 1);
        assert_eq!(store.fill().addresses, 0);
    }

    #[test]
    fn what_has_expired_is_there_and_stale() {
        let store = store();
        let begun = store.begin();
        assert!(begun.put(&key("/items"), &entry(10, &["items"], None), None));
        assert!(begun.put(&key("/categories"), &entry(10, &["categories"], None), None));
        let now = Timestamp::from_secs(5);
        assert_eq!(store.expire(group("items"), now), 1);
        let reuse = |path| {
            let variants = store.get_by(&key(path)).unwrap();
            let entry = variants.chosen_by(&HeaderMap::new(), false).unwrap();
            entry.freshness.reuse(&RequestDirectives::default(), now)
        };
        assert_eq!((reuse("/items"), reuse("/categories")), (Reuse::AfterValidation, Reuse::Fresh));
        assert!(!begun.put(&key("/items"), &entry(10, &["items"], None), None), "it was fetched before");
        assert_eq!(store.purge(group("items")), 1, "the books still know it");
    }

    #[test]
    fn what_was_fetched_before_a_purge_is_not_stored_after_it() {
        let store = store();
        let before = store.begin();
        store.purge(group("items"));
        assert!(!before.put(&key("/items"), &entry(10, &["items"], None), None));
        assert!(store.get_by(&key("/items")).is_none());
        // The same answer, fetched after the purge, and another group's, fetched before it, are stored.
        assert!(store.begin().put(&key("/items"), &entry(10, &["items"], None), None));
        assert!(before.put(&key("/categories"), &entry(10, &["categories"], None), None));
    }

    #[test]
    fn a_response_replaces_its_variant_and_leaves_the_others_up_to_the_cap() {
        let store = store();
        let begun = store.begin();
        for (language, group) in [("en", "one"), ("de", "two"), ("en", "three"), ("fr", "four"), ("it", "five")] {
            assert!(begun.put(&key("/a"), &entry(10, &[group], Some(language)), None));
        }
        let variants = store.get_by(&key("/a")).unwrap();
        let groups: Vec<_> = variants.groups().map(|group| &**group).collect();
        assert_eq!(groups, ["five", "four", "three"]);
        assert_eq!(store.fill().groups, 3);
        assert_eq!(store.purge(group("two")), 0, "it was dropped over the cap");
    }

    #[test]
    fn what_others_have_stored_displaces_nothing_newer() {
        let (store, items) = (store(), key("/a"));
        let received = |at, language| {
            let mut entry = (*entry(10, &[], Some(language))).clone();
            entry.freshness.received = Timestamp::from_secs(at);
            Arc::new(entry)
        };
        let begun = store.begin();
        assert!(begun.put(&items, &received(20, "en"), None));
        let theirs = Variants::of(vec![received(30, "de"), received(10, "en")], 3).unwrap();
        let both = begun.put_all(&items, &theirs).unwrap();
        let times: Vec<_> = both.iter().map(|entry| entry.freshness.received).collect();
        assert_eq!(times, [30, 20].map(Timestamp::from_secs));
        assert_eq!(store.get_by(&items).unwrap().iter().count(), 2);
    }

    #[test]
    fn memory_is_bounded_and_the_books_forget_what_was_evicted() {
        let store = store();
        let begun = store.begin();
        for number in 0..500 {
            assert!(begun.put(&key(&format!("/{number}")), &entry(10_000, &[&format!("g{number}")], None), None));
        }
        let fill = store.fill();
        assert!(fill.bytes <= fill.capacity_bytes, "{fill:?}");
        assert!((1..110).contains(&fill.addresses), "{fill:?}");
        assert_eq!(fill.groups, fill.addresses);
    }

    #[test]
    fn what_is_larger_than_the_store_leaves_no_trace() {
        let store = Arc::new(Store::new(64 * 1024, 3));
        let _stored = store.begin().put(&key("/large"), &entry(1024 * 1024, &["g"], None), None);
        assert!(store.get_by(&key("/large")).is_none());
        assert_eq!(store.fill().groups, 0);
    }

    proptest! {
        /// Whatever happens in whatever order: the books know exactly what is stored.
        #[test]
        fn the_books_agree_with_the_store(steps in prop::collection::vec((0u8..5, 0u8..6, 0u8..4), 0..60)) {
            let store = Arc::new(Store::new(40_000, 2));
            for (action, path, name) in steps {
                let (path, name) = (key(&format!("/{path}")), format!("g{name}"));
                match action {
                    0 | 1 => { store.begin().put(&path, &entry(4_000, &[&name, "all"], None), None); }
                    2 => { store.purge(group(&name)); }
                    3 => { store.expire(group(&name), Timestamp::from_secs(2)); }
                    _ => { store.purge(Purge::Key(path)); }
                }
                let books = store.books();
                let booked: HashSet<Key> = books.groups.values().flatten().cloned().collect();
                let stored: HashSet<Key> = store.map.iter().map(|(key, _)| key).collect();
                prop_assert_eq!(booked, stored);
            }
        }
    }
}
