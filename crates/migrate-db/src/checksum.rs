use sha2::{Digest, Sha256};

use crate::kind::Cell;

/// How many rows a table has, and a sum of their hashes that does not depend on their order: each SHA-256 cut to 128 bits, added
/// up. A row that is there twice counts twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Checksum {
    pub(crate) rows: i64,
    sum: u128,
}

impl Checksum {
    /// Adds a row, whose cells come in the same order on both sides.
    pub(crate) fn add(&mut self, cells: &[Cell]) {
        let mut hash = Sha256::new();
        for cell in cells {
            match cell {
                // Lengths keep two different splits of the same bytes apart, and nothing apart from what is empty.
                Some(text) => {
                    hash.update((text.len() as u64 + 1).to_be_bytes());
                    hash.update(text);
                }
                None => hash.update(0_u64.to_be_bytes()),
            }
        }
        let part = hash.finalize().first_chunk::<16>().map_or(0, |bytes| u128::from_be_bytes(*bytes));
        self.rows += 1;
        self.sum = self.sum.wrapping_add(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[&[Option<&str>]]) -> Checksum {
        let mut sum = Checksum::default();
        for row in rows {
            sum.add(&row.iter().map(|cell| cell.map(str::to_owned)).collect::<Vec<_>>());
        }
        sum
    }

    #[test]
    fn the_order_of_rows_does_not_count_and_everything_in_them_does() {
        let (one, two): (&[_], &[_]) = (&[Some("a"), None], &[Some("b"), Some("")]);
        assert_eq!(of(&[one, two]), of(&[two, one]));
        assert_ne!(of(&[one, two]), of(&[one, one]));
        assert_ne!(of(&[&[Some("ab"), Some("c")]]), of(&[&[Some("a"), Some("bc")]]));
        assert_ne!(of(&[&[Some("")]]), of(&[&[None]]));
        assert_ne!(of(&[one]), of(&[one, one]));
    }
}
