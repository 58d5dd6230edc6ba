use std::hash::{Hash, Hasher};
use std::sync::Arc;

use quick_cache::Equivalent;

/// What a GET is stored under: host, normalised path and normalised query, compared whole on every read. Only GETs are
/// stored, so the method is no part of it.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    text: Arc<str>,
    path_at: usize,
    query_at: usize,
}

/// A key that borrows from a request, so that a lookup copies nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct KeyRef<'a> {
    pub(crate) host: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
}

impl KeyRef<'_> {
    pub(crate) fn to_key(self) -> Key {
        let text = [self.host, self.path, self.query].concat();
        let path_at = self.host.len();
        Key { text: text.into(), path_at, query_at: path_at + self.path.len() }
    }
}

impl Key {
    pub(crate) fn path(&self) -> &str {
        self.as_key_ref().path
    }

    pub(crate) fn host(&self) -> &str {
        self.as_key_ref().host
    }

    /// Bytes it takes, about.
    pub(crate) fn size(&self) -> usize {
        self.text.len() + size_of::<Self>()
    }

    pub(crate) fn as_key_ref(&self) -> KeyRef<'_> {
        KeyRef {
            host: &self.text[..self.path_at],
            path: &self.text[self.path_at..self.query_at],
            query: &self.text[self.query_at..],
        }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.as_key_ref() == other.as_key_ref()
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_key_ref().hash(state);
    }
}

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        *self == key.as_key_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::{BuildHasher, RandomState};

    #[test]
    fn a_borrowed_key_finds_what_was_stored_under_it_and_nothing_that_only_reads_alike() {
        let stored = KeyRef { host: "a", path: "/b", query: "c=1" };
        let hasher = RandomState::new();
        assert!(stored.equivalent(&stored.to_key()));
        assert_eq!(hasher.hash_one(stored), hasher.hash_one(stored.to_key()));
        for other in [
            KeyRef { host: "a/b", path: "", query: "c=1" },
            KeyRef { host: "a", path: "/bc=1", query: "" },
            KeyRef { host: "", path: "a/b", query: "c=1" },
        ] {
            assert!(!other.equivalent(&stored.to_key()));
            assert_ne!(other.to_key(), stored.to_key());
        }
    }
}
