use std::fmt;

use crate::pseudonym::Pseudonym;

/// A row's key as the warehouse knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Hash(Pseudonym),
    /// A number that says nothing of anybody.
    Number(i64),
}

impl Key {
    /// Reads what a raw table holds, as text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.parse().map(Self::Number).ok().or_else(|| Pseudonym::parse(text).map(Self::Hash))
    }

    /// 16 bytes that no other key of the table has: a hash's first, of which a collision is as likely as of random UUIDs, or the
    /// number.
    pub(crate) fn short(&self) -> u128 {
        match self {
            Self::Hash(hash) => hash.short(),
            Self::Number(number) => u128::from(number.cast_unsigned()),
        }
    }
}

/// As a raw table holds it.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hash(hash) => hash.fmt(f),
            Self::Number(number) => number.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_no_hash() {
        assert_eq!(Key::parse("-7"), Some(Key::Number(-7)));
        assert!(matches!(Key::parse(&"A".repeat(43)), Some(Key::Hash(_))));
        assert_eq!(Key::parse("neither"), None);
    }
}
