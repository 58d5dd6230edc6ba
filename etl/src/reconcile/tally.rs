use std::collections::{BTreeMap, HashMap, HashSet};

/// Buckets of keys: so many that one of ten million rows' tells ten thousand apart.
pub(super) const BUCKETS: usize = 1024;

/// How many rows there are in each bucket of keys, and the sum of their hashes, which is the same in any order.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    buckets: Vec<Bucket>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Bucket {
    rows: u64,
    sum: u128,
}

/// The hash of every row of some buckets, by its key.
#[derive(Debug, Default)]
pub(super) struct Hashes {
    pub(super) buckets: HashSet<usize>,
    pub(super) rows: HashMap<String, u128>,
}

/// What becomes of each row that is read.
pub(super) trait Counter {
    /// Whether rows of this bucket are counted at all.
    fn wants(&self, bucket: usize) -> bool;

    fn count(&mut self, key: &str, bucket: usize, hash: u128);
}

impl Default for Tally {
    fn default() -> Self {
        Self { buckets: vec![Bucket::default(); BUCKETS] }
    }
}

impl Counter for Tally {
    fn wants(&self, _bucket: usize) -> bool {
        true
    }

    fn count(&mut self, _key: &str, bucket: usize, hash: u128) {
        let bucket = &mut self.buckets[bucket];
        bucket.rows += 1;
        bucket.sum = bucket.sum.wrapping_add(hash);
    }
}

impl Counter for Hashes {
    fn wants(&self, bucket: usize) -> bool {
        self.buckets.contains(&bucket)
    }

    fn count(&mut self, key: &str, _bucket: usize, hash: u128) {
        self.rows.insert(key.to_owned(), hash);
    }
}

impl Tally {
    pub(super) fn rows(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.rows).sum()
    }

    /// One number for all rows.
    pub(super) fn checksum(&self) -> u128 {
        self.buckets.iter().fold(0, |sum, bucket| sum.wrapping_add(bucket.sum))
    }

    /// Whether all rows are the same.
    pub(super) fn same_as(&self, other: &Self) -> bool {
        self.buckets == other.buckets
    }

    /// The buckets in which two tallies differ, as many as hold at most so many rows, but at least one if there is any.
    pub(super) fn differing(&self, other: &Self, most_rows: u64) -> HashSet<usize> {
        let (mut found, mut rows) = (HashSet::new(), 0);
        for (index, (mine, theirs)) in self.buckets.iter().zip(&other.buckets).enumerate() {
            if mine != theirs {
                rows += mine.rows.max(theirs.rows);
                if rows > most_rows && !found.is_empty() {
                    break;
                }
                found.insert(index);
            }
        }
        found
    }
}

impl Hashes {
    /// The keys that are here only, in both but with other values, and there only.
    pub(super) fn against(&self, other: &Self) -> BTreeMap<String, (bool, bool)> {
        let keys = self.rows.keys().chain(other.rows.keys());
        keys.filter(|key| self.rows.get(*key) != other.rows.get(*key))
            .map(|key| (key.clone(), (self.rows.contains_key(key), other.rows.contains_key(key))))
            .collect()
    }
}

/// Keys are keyed hashes, or numbers in a row: either way any mixture of their letters spreads them.
pub(super) fn bucket(key: &str) -> usize {
    key.bytes().fold(0_usize, |mixed, letter| mixed.wrapping_mul(31).wrapping_add(usize::from(letter))) % BUCKETS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(rows: &[(&str, u128)]) -> Tally {
        let mut tally = Tally::default();
        for (key, hash) in rows {
            tally.count(key, bucket(key), *hash);
        }
        tally
    }

    #[test]
    fn the_order_of_rows_does_not_matter_and_a_row_twice_does() {
        let (one, other) = (tally(&[("a", 1), ("b", 2)]), tally(&[("b", 2), ("a", 1)]));
        assert!(one.differing(&other, 9).is_empty());
        assert_eq!((one.rows(), one.checksum()), (2, 3));
        let twice = tally(&[("a", 1), ("b", 2), ("b", 2)]);
        assert_eq!(one.differing(&twice, 9), HashSet::from([bucket("b")]));
    }

    #[test]
    fn only_so_many_rows_are_looked_at_again() {
        let (one, other) = (tally(&[("a", 1), ("b", 2)]), tally(&[("a", 3), ("b", 4)]));
        assert_ne!(bucket("a"), bucket("b"));
        assert_eq!(one.differing(&other, 2).len(), 2);
        assert_eq!(one.differing(&other, 0).len(), 1, "one is looked at whatever it costs");
    }
}
