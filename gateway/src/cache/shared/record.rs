//! How gateways tell each other of purges.

use serde::{Deserialize, Serialize};

use super::super::key::{Key, KeyRef};
use super::super::purge::Purge;

/// One note: what was purged together, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// The instance that wrote it, which has done all of it already.
    pub(super) by: u64,
    /// What was dropped.
    #[serde(default)]
    hard: Vec<Named>,
    /// What was made stale.
    #[serde(default)]
    soft: Vec<Named>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Named {
    All,
    Group(String),
    Prefix(String),
    Key { host: String, path: String, query: String },
}

/// Whether what is purged is gone, or still there for when its upstream fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Force {
    Hard,
    Soft,
}

impl Record {
    pub(super) fn new<'a>(by: u64, purges: impl IntoIterator<Item = (&'a Purge, Force)>) -> Self {
        let mut record = Self { by, hard: Vec::new(), soft: Vec::new() };
        for (purge, force) in purges {
            let named = match force {
                Force::Hard => &mut record.hard,
                Force::Soft => &mut record.soft,
            };
            named.push(Named::of(purge));
        }
        record
    }

    /// The note as text. It has no forms that JSON has not.
    pub(super) fn to_text(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// What a note says. One that is not understood, as a later version may write it, could mean anything: everything is
    /// stale then.
    pub(super) fn read(text: &[u8]) -> Self {
        serde_json::from_slice(text).unwrap_or_else(|error| {
            tracing::warn!(error = %error, "a gateway's note is not understood, so everything counts as stale");
            Self { by: 0, hard: Vec::new(), soft: vec![Named::All] }
        })
    }

    pub(super) fn purges(&self) -> impl Iterator<Item = (Purge, Force)> {
        let hard = self.hard.iter().map(|named| (named.to_purge(), Force::Hard));
        hard.chain(self.soft.iter().map(|named| (named.to_purge(), Force::Soft)))
    }
}

impl Named {
    fn of(purge: &Purge) -> Self {
        match purge {
            Purge::All => Self::All,
            Purge::Group(group) => Self::Group(group.to_string()),
            Purge::Prefix(prefix) => Self::Prefix(prefix.clone()),
            Purge::Key(key) => {
                let KeyRef { host, path, query } = key.as_key_ref();
                Self::Key { host: host.to_owned(), path: path.to_owned(), query: query.to_owned() }
            }
        }
    }

    fn to_purge(&self) -> Purge {
        match self {
            Self::All => Purge::All,
            Self::Group(group) => Purge::Group(group.as_str().into()),
            Self::Prefix(prefix) => Purge::Prefix(prefix.clone()),
            Self::Key { host, path, query } => Purge::Key(key(host, path, query)),
        }
    }
}

fn key(host: &str, path: &str, query: &str) -> Key {
    KeyRef { host, path, query }.to_key()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written() {
        let purges = [
            (Purge::All, Force::Soft),
            (Purge::Group("item:1".into()), Force::Hard),
            (Purge::Prefix("/a".to_owned()), Force::Soft),
            (Purge::Key(key("h", "/a", "b=1")), Force::Hard),
        ];
        let record = Record::new(7, purges.iter().map(|(purge, force)| (purge, *force)));
        let read = Record::read(&record.to_text());
        assert_eq!(read, record);
        assert!(purges.iter().all(|purge| read.purges().any(|told| told == *purge)));
    }

    #[test]
    fn a_note_that_is_not_understood_makes_everything_stale() {
        for text in ["", "{}", "{\"by\":1,\"hard\":[\"whatever\"]}"] {
            let purges: Vec<_> = Record::read(text.as_bytes()).purges().collect();
            assert_eq!(purges, [(Purge::All, Force::Soft)], "{text}");
        }
    }
}
