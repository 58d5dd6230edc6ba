use std::collections::{BTreeMap, HashMap, HashSet};

use deltalake::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use deltalake::arrow::compute::cast;
use deltalake::arrow::datatypes::{DataType, Int64Type, Schema, TimestampMicrosecondType};
use sha2::{Digest, Sha256};

use crate::EtlError;
use crate::delta::{Key, listed};
use crate::source::Table;

/// Buckets of keys: so many that one of ten million rows' tells ten thousand apart.
const BUCKETS: usize = 1024;

/// Which rows count, and as what: those of keys that changed since the last run do not, and whom the warehouse may have
/// forgotten is nobody on both sides.
#[derive(Debug)]
pub(super) struct Rules<'a> {
    pub(super) table: &'static Table,
    /// Keys that changed since the last run.
    pub(super) pending: HashSet<Key>,
    /// The members the warehouse knows and has not to forget.
    pub(super) members: &'a HashSet<String>,
}

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
    fn count(&mut self, key: String, bucket: usize, hash: u128);
}

impl Default for Tally {
    fn default() -> Self {
        Self { buckets: vec![Bucket::default(); BUCKETS] }
    }
}

impl Counter for Tally {
    fn count(&mut self, _key: String, bucket: usize, hash: u128) {
        let bucket = &mut self.buckets[bucket];
        bucket.rows += 1;
        bucket.sum = bucket.sum.wrapping_add(hash);
    }
}

impl Counter for Hashes {
    fn count(&mut self, key: String, bucket: usize, hash: u128) {
        if self.buckets.contains(&bucket) {
            self.rows.insert(key, hash);
        }
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

impl Rules<'_> {
    /// Counts the rows of a batch, whose last columns are the allow-list's.
    pub(super) fn count(&self, batch: &RecordBatch, counter: &mut impl Counter) -> Result<(), EtlError> {
        let columns = self.columns(batch)?;
        let gone =
            columns.iter().find(|column| self.table.members.contains(&self.table.key) && column.name == "status");
        let mut cells = Vec::new();
        for row in 0..batch.num_rows() {
            let Some(key) = columns[0].text(row) else { continue };
            let is_pending = Key::parse(&key).is_some_and(|key| self.pending.contains(&key));
            if is_pending || gone.is_some_and(|status| status.text(row).as_deref() == Some("erased")) {
                continue;
            }
            cells.clear();
            for column in &columns {
                column.add(row, self.members, &mut cells);
            }
            let bucket = bucket(&key);
            counter.count(key, bucket, first_half(Sha256::digest(&cells).into()));
        }
        Ok(())
    }

    /// The columns in the warehouse's own types, whichever of Arrow's layouts a scan chose.
    fn columns(&self, batch: &RecordBatch) -> Result<Vec<Cells>, EtlError> {
        let wanted: Schema = listed(self.table);
        let skipped = batch.num_columns() - wanted.fields().len();
        let pairs = wanted.fields().iter().zip(&batch.columns()[skipped..]);
        pairs
            .map(|(field, array)| {
                let array = cast(array, field.data_type())
                    .map_err(|cause| EtlError::Columns { table: self.table.raw, cause })?;
                let name = field.name().clone();
                let is_member = name != self.table.key && self.table.members.contains(&name.as_str());
                Ok(Cells { name, array, is_member })
            })
            .collect()
    }
}

/// One column.
struct Cells {
    name: String,
    array: ArrayRef,
    is_member: bool,
}

impl Cells {
    fn text(&self, row: usize) -> Option<String> {
        if self.array.is_null(row) {
            return None;
        }
        match self.array.data_type() {
            DataType::Int64 => Some(self.array.as_primitive::<Int64Type>().value(row).to_string()),
            _ => self.array.as_string_opt::<i32>().map(|text| text.value(row).to_owned()),
        }
    }

    /// Adds a cell so that no two rows of different cells are the same bytes.
    fn add(&self, row: usize, members: &HashSet<String>, cells: &mut Vec<u8>) {
        let is_nobody = self.is_member && !self.text(row).is_some_and(|member| members.contains(&member));
        if is_nobody || self.array.is_null(row) {
            return cells.push(0);
        }
        cells.push(1);
        match self.array.data_type() {
            DataType::Int64 => {
                cells.extend_from_slice(&self.array.as_primitive::<Int64Type>().value(row).to_le_bytes());
            }
            DataType::Timestamp(..) => {
                let times = self.array.as_primitive::<TimestampMicrosecondType>();
                cells.extend_from_slice(&times.value(row).to_le_bytes());
            }
            _ => {
                let text = self.array.as_string_opt::<i32>().map_or("", |text| text.value(row));
                cells.extend_from_slice(&text.len().to_le_bytes());
                cells.extend_from_slice(text.as_bytes());
            }
        }
    }
}

/// Keys are keyed hashes, or numbers in a row: either way any mixture of their letters spreads them.
fn bucket(key: &str) -> usize {
    key.bytes().fold(0_usize, |mixed, letter| mixed.wrapping_mul(31).wrapping_add(usize::from(letter))) % BUCKETS
}

fn first_half(hash: [u8; 32]) -> u128 {
    hash[..16].iter().fold(0, |number, byte| number << 8 | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(rows: &[(&str, u128)]) -> Tally {
        let mut tally = Tally::default();
        for (key, hash) in rows {
            tally.count((*key).to_owned(), bucket(key), *hash);
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
