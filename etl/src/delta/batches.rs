use std::collections::HashSet;
use std::sync::Arc;

use deltalake::arrow::array::{
    ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, StringBuilder, TimestampMicrosecondArray,
    new_null_array,
};
use deltalake::arrow::compute::filter_record_batch;
use deltalake::arrow::datatypes::SchemaRef;
use uuid::Uuid;

use super::columns::{Cells, Columns, Load};
use super::key::Key;
use super::schema::{UTC, schema};
use crate::EtlError;
use crate::extract::Op;
use crate::pseudonym::{Pseudonym, Pseudonyms, Remembered, TEXT};
use crate::source::Table;

/// Turns rows that were gathered into batches of a raw table, their ids into pseudonyms.
#[derive(Debug)]
pub(crate) struct Batches {
    table: &'static Table,
    schema: SchemaRef,
    load: Load,
    names: Pseudonyms,
    remembered: Remembered,
    /// Members of whom nothing is to be said.
    erased: Arc<HashSet<Pseudonym>>,
}

impl Batches {
    pub(crate) fn new(table: &'static Table, load: Load, names: &Pseudonyms, erased: Arc<HashSet<Pseudonym>>) -> Self {
        let remembered = Remembered::without(Arc::clone(&erased));
        Self { table, schema: schema(table), load, names: names.clone(), remembered, erased }
    }

    pub(super) fn names(&self) -> &Pseudonyms {
        &self.names
    }

    /// Rows of the source, without those of members who were erased, and without their pseudonyms in others.
    pub(crate) fn of_rows(&mut self, rows: Columns) -> Result<RecordBatch, EtlError> {
        let Columns { ops, changes, listed, .. } = rows;
        let mut arrays = self.own(&ops, changes);
        let mut told = None;
        for (index, cells) in listed.into_iter().enumerate() {
            arrays.push(match cells {
                Cells::Text(mut texts) => Arc::new(texts.finish()),
                Cells::Integers(mut integers) => Arc::new(integers.finish()),
                Cells::Times(mut times) => Arc::new(times.finish()),
                // Of its own key a table has each once, or a few times.
                Cells::Ids(ids) if index == 0 => {
                    let hashes: Vec<_> = ids.into_iter().map(|id| id.map(|id| self.names.of(id))).collect();
                    told = self.told(&hashes);
                    Arc::new(keys(&hashes))
                }
                Cells::Ids(ids) => Arc::new(self.pseudonyms(&ids)),
            });
        }
        let batch = self.batch(arrays)?;
        match told {
            Some(told) => {
                filter_record_batch(&batch, &told).map_err(|cause| EtlError::Columns { table: self.table.raw, cause })
            }
            None => Ok(batch),
        }
    }

    /// The deletions of keys of which the source no longer says anything.
    pub(super) fn of_deleted(&self, keys: &[Key]) -> Result<RecordBatch, EtlError> {
        let rows = keys.len();
        let mut arrays = self.own(&vec![Op::Delete; rows], vec![0; rows]);
        let columns = self.schema.fields().iter().skip(arrays.len());
        for (index, field) in columns.enumerate() {
            arrays.push(if index == 0 { of_keys(keys) } else { new_null_array(field.data_type(), rows) });
        }
        self.batch(arrays)
    }

    /// The columns that say how rows came here.
    fn own(&self, ops: &[Op], changes: Vec<i64>) -> Vec<ArrayRef> {
        let rows = ops.len();
        let loaded_at = TimestampMicrosecondArray::from_value(self.load.at.timestamp_micros(), rows);
        vec![
            Arc::new(Int64Array::from_value(self.load.number, rows)),
            Arc::new(StringArray::from_iter_values(ops.iter().map(|op| op.letter()))),
            Arc::new(Int64Array::from(changes)),
            Arc::new(Int64Array::from_value(self.load.watermark, rows)),
            Arc::new(loaded_at.with_timezone(UTC)),
        ]
    }

    fn batch(&self, arrays: Vec<ArrayRef>) -> Result<RecordBatch, EtlError> {
        RecordBatch::try_new(Arc::clone(&self.schema), arrays)
            .map_err(|cause| EtlError::Columns { table: self.table.raw, cause })
    }

    /// Which of these rows are told; none where all of them are.
    fn told(&self, keys: &[Option<Pseudonym>]) -> Option<BooleanArray> {
        let is_of_members = self.table.members.contains(&self.table.key);
        let is_erased = |key: &Option<Pseudonym>| key.is_some_and(|key| self.erased.contains(&key));
        let is_of_nobody = !is_of_members || self.erased.is_empty() || !keys.iter().any(is_erased);
        (!is_of_nobody).then(|| keys.iter().map(|key| Some(!is_erased(key))).collect())
    }

    fn pseudonyms(&mut self, ids: &[Option<Uuid>]) -> StringArray {
        let mut texts = StringBuilder::with_capacity(ids.len(), ids.len() * TEXT);
        for id in ids {
            texts.append_option(id.and_then(|id| self.remembered.text(&self.names, id)));
        }
        texts.finish()
    }
}

fn keys(hashes: &[Option<Pseudonym>]) -> StringArray {
    let mut texts = StringBuilder::with_capacity(hashes.len(), hashes.len() * TEXT);
    for hash in hashes {
        match hash {
            Some(hash) => texts.append_value(hash.text(&mut [0; TEXT])),
            None => texts.append_null(),
        }
    }
    texts.finish()
}

/// A table's keys are of one kind.
fn of_keys(keys: &[Key]) -> ArrayRef {
    let number = |key: &Key| match key {
        Key::Number(number) => Some(*number),
        Key::Hash(_) => None,
    };
    match keys.iter().map(number).collect::<Option<Vec<_>>>() {
        Some(numbers) => Arc::new(Int64Array::from(numbers)),
        None => Arc::new(StringArray::from_iter_values(keys.iter().map(Key::to_string))),
    }
}
