use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::key::Key;

/// What is dropped together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Purge {
    All,
    /// Whatever belongs to the group.
    Group(Arc<str>),
    /// Whatever is stored under paths that begin so, on any host.
    Prefix(String),
    /// One address.
    Key(Key),
}

impl Purge {
    /// Whether something with this key and these groups is meant.
    pub(super) fn concerns(&self, key: &Key, groups: &[Arc<str>]) -> bool {
        match self {
            Self::All => true,
            Self::Group(group) => groups.contains(group),
            Self::Prefix(prefix) => key.path().starts_with(prefix),
            Self::Key(purged) => purged == key,
        }
    }
}

/// More marks than this are tidied up even while fetches are under way.
const MOST_MARKS: usize = 4096;

/// Remembers purges for as long as a fetch that began before them is under way: what it brings may be older than they
/// are, and must not be stored.
#[derive(Debug, Default)]
pub(super) struct PurgeLog {
    /// How many purges there have been.
    epoch: u64,
    marks: HashMap<Purge, u64>,
    /// How many fetches are under way, by the epoch they began in.
    under_way: BTreeMap<u64, usize>,
}

impl PurgeLog {
    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(super) fn note(&mut self, purge: Purge) {
        self.epoch += 1;
        if !self.under_way.is_empty() {
            self.marks.insert(purge, self.epoch);
        }
    }

    /// A fetch begins, and gets the epoch to end it with.
    pub(super) fn begin(&mut self) -> u64 {
        *self.under_way.entry(self.epoch).or_insert(0) += 1;
        self.epoch
    }

    pub(super) fn end(&mut self, begun: u64) {
        if let Some(count) = self.under_way.get_mut(&begun) {
            *count -= 1;
            if *count == 0 {
                self.under_way.remove(&begun);
            }
        }
        match self.under_way.first_key_value() {
            None => self.marks.clear(),
            Some((&oldest, _)) if self.marks.len() > MOST_MARKS => self.marks.retain(|_, at| *at > oldest),
            Some(_) => {}
        }
    }

    /// Whether something with this key and these groups was purged after a fetch of this epoch began.
    pub(super) fn has_purged(&self, key: &Key, groups: &[Arc<str>], begun: u64) -> bool {
        self.marks.iter().filter(|(_, at)| **at > begun).any(|(purge, _)| purge.concerns(key, groups))
    }
}

#[cfg(test)]
mod tests {
    use super::super::key::KeyRef;
    use super::*;

    fn key(path: &str) -> Key {
        KeyRef { host: "h", path, query: "" }.to_key()
    }

    fn group(name: &str) -> Arc<str> {
        Arc::from(name)
    }

    #[test]
    fn what_was_purged_while_it_was_fetched_is_known() {
        let mut log = PurgeLog::default();
        let begun = log.begin();
        log.note(Purge::Group(group("items")));
        assert!(log.has_purged(&key("/a"), &[group("x"), group("items")], begun));
        assert!(!log.has_purged(&key("/a"), &[group("x")], begun));
        let later = log.begin();
        assert!(!log.has_purged(&key("/a"), &[group("items")], later));
        log.note(Purge::Prefix("/a".to_owned()));
        assert!(log.has_purged(&key("/a/b"), &[], later));
        assert!(!log.has_purged(&key("/b"), &[], later));
        log.note(Purge::Key(key("/b")));
        assert!(log.has_purged(&key("/b"), &[], later));
        log.note(Purge::All);
        assert!(log.has_purged(&key("/c"), &[], later));
    }

    #[test]
    fn nothing_is_remembered_for_nobody() {
        let mut log = PurgeLog::default();
        log.note(Purge::All);
        assert!(log.marks.is_empty());
        let (first, second) = (log.begin(), log.begin());
        log.note(Purge::All);
        log.end(first);
        assert!(log.has_purged(&key("/a"), &[], second));
        log.end(second);
        assert!(log.marks.is_empty() && log.under_way.is_empty());
    }
}
