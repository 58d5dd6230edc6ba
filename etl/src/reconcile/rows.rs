use std::borrow::Cow;
use std::collections::HashSet;

use deltalake::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use deltalake::arrow::compute::cast;
use deltalake::arrow::datatypes::{DataType, Int64Type, Schema, TimestampMicrosecondType};
use sha2::{Digest, Sha256};

use super::tally::{Counter, bucket};
use crate::EtlError;
use crate::delta::{Key, listed};
use crate::source::Table;

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

impl Rules<'_> {
    /// Counts rows of which each is all there is of its key.
    pub(super) fn count(&self, batch: &RecordBatch, counter: &mut impl Counter) -> Result<(), EtlError> {
        let rows = Listed::of(batch, self)?;
        let mut cells = Vec::new();
        for row in 0..batch.num_rows() {
            let key = rows.key(row).ok_or_else(|| self.wrong_key(None))?;
            let bucket = bucket(&key);
            if counter.wants(bucket)
                && !self.is_pending(&key)?
                && let Some(hash) = rows.hash(row, &mut cells)
            {
                counter.count(&key, bucket, hash);
            }
        }
        Ok(())
    }

    pub(super) fn is_pending(&self, key: &str) -> Result<bool, EtlError> {
        Ok(!self.pending.is_empty() && self.pending.contains(&self.parsed(key)?))
    }

    /// A key as a raw table holds it.
    pub(super) fn parsed(&self, key: &str) -> Result<Key, EtlError> {
        Key::parse(key).ok_or_else(|| self.wrong_key(Some(key)))
    }

    /// The failure of a row of the warehouse whose key is none of this program's: it would count as nothing.
    pub(super) fn wrong_key(&self, key: Option<&str>) -> EtlError {
        EtlError::wrong_key(self.table.raw, key)
    }
}

/// Rows of a batch whose last columns are the allow-list's.
pub(super) struct Listed<'a> {
    columns: Vec<Cells>,
    members: &'a HashSet<String>,
    /// The column that tells of a member whether the warehouse has to forget them.
    status: Option<usize>,
}

/// One column.
struct Cells {
    array: ArrayRef,
    is_member: bool,
}

impl<'a> Listed<'a> {
    /// The columns in the warehouse's own types, whichever of Arrow's layouts a scan chose.
    pub(super) fn of(batch: &RecordBatch, rules: &Rules<'a>) -> Result<Self, EtlError> {
        let table = rules.table;
        let wanted: Schema = listed(table);
        let skipped = batch.num_columns() - wanted.fields().len();
        let pairs = wanted.fields().iter().zip(&batch.columns()[skipped..]);
        let columns = pairs.map(|(field, array)| {
            let array =
                cast(array, field.data_type()).map_err(|cause| EtlError::Columns { table: table.raw, cause })?;
            let name = field.name().as_str();
            Ok(Cells { array, is_member: name != table.key && table.members.contains(&name) })
        });
        let is_of_members = table.members.contains(&table.key);
        let status = wanted.fields().iter().position(|field| is_of_members && field.name() == "status");
        Ok(Self { columns: columns.collect::<Result<_, EtlError>>()?, members: rules.members, status })
    }

    pub(super) fn key(&self, row: usize) -> Option<Cow<'_, str>> {
        self.columns[0].text(row)
    }

    /// The hash of a row's cells, so that no two rows of different cells are the same bytes; none of a member who was erased.
    pub(super) fn hash(&self, row: usize, cells: &mut Vec<u8>) -> Option<u128> {
        if self.status.is_some_and(|status| self.columns[status].text(row).as_deref() == Some("erased")) {
            return None;
        }
        cells.clear();
        for column in &self.columns {
            column.add(row, self.members, cells);
        }
        let hash = <[u8; 32]>::from(Sha256::digest(&cells));
        Some(hash[..16].iter().fold(0, |number, byte| number << 8 | u128::from(*byte)))
    }
}

impl Cells {
    fn text(&self, row: usize) -> Option<Cow<'_, str>> {
        if self.array.is_null(row) {
            return None;
        }
        match self.array.data_type() {
            DataType::Int64 => Some(self.array.as_primitive::<Int64Type>().value(row).to_string().into()),
            _ => self.array.as_string_opt::<i32>().map(|text| text.value(row).into()),
        }
    }

    fn add(&self, row: usize, members: &HashSet<String>, cells: &mut Vec<u8>) {
        let is_nobody = self.is_member && !self.text(row).is_some_and(|member| members.contains(member.as_ref()));
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
