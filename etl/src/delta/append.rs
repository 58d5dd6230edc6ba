use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::columns::{Columns, Load, repeating};
use super::files::Files;
use super::key::Key;
use super::table::{DeltaTableAt, Position};
use crate::extract::{Op, Sink, SourceRow};
use crate::pseudonym::Pseudonyms;
use crate::source::Table;
use crate::warehouse::OnProgress;
use crate::{EtlError, Progress};

/// Rows of one batch: few enough that a batch of any table is a megabyte or two.
const BATCH_ROWS: usize = 8 * 1024;

/// Streams a source's rows into one file of a raw table and commits it together with the watermark.
pub(crate) struct Appender<'a> {
    table: &'static Table,
    target: &'a DeltaTableAt,
    names: &'a Pseudonyms,
    progress: OnProgress<'a>,
    columns: Columns,
    files: Files,
    position: Position,
    rows: u64,
    deleted: u64,
    /// The keys that were read, if deletions have to be found by comparing; 32 bytes a key.
    seen: Option<HashSet<Key>>,
}

/// What a commit added.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Appended {
    pub(crate) rows: u64,
    pub(crate) deleted: u64,
    pub(crate) version: u64,
    pub(crate) bytes: u64,
}

impl<'a> Appender<'a> {
    pub(crate) fn new(
        table: &'static Table,
        target: &'a DeltaTableAt,
        position: Position,
        at: DateTime<Utc>,
        names: &'a Pseudonyms,
        progress: OnProgress<'a>,
    ) -> Result<Self, EtlError> {
        let load = Load { number: target.next_version(), watermark: position.watermark, at };
        Ok(Self {
            table,
            names,
            progress,
            columns: Columns::new(table, load),
            files: Files::begin(target.writer(repeating(table))?),
            target,
            position,
            rows: 0,
            deleted: 0,
            seen: None,
        })
    }

    /// Remembers every key that is read from now on, for [`Appender::delete_unseen`].
    pub(crate) fn remember_keys(&mut self) {
        self.seen = Some(HashSet::new());
    }

    /// Marks a key that the warehouse has as deleted, unless it was just read.
    pub(crate) async fn delete_unseen(&mut self, key: &str) -> Result<(), EtlError> {
        let key = Key::parse(key).ok_or_else(|| EtlError::wrong_key(self.table.raw, Some(key)))?;
        if self.seen.as_ref().is_some_and(|seen| seen.contains(&key)) {
            return Ok(());
        }
        self.columns.append_deletion(key);
        self.deleted += 1;
        if self.columns.rows() >= BATCH_ROWS { self.write().await } else { Ok(()) }
    }

    /// Commits everything as one version.
    pub(crate) async fn commit(mut self) -> Result<Appended, EtlError> {
        self.write().await?;
        let files = self.files.end().await.map_err(EtlError::table(self.table.raw))?;
        let bytes = files.iter().map(|file| u64::try_from(file.size).unwrap_or_default()).sum();
        let version = self.target.commit(files, self.position).await?;
        Ok(Appended { rows: self.rows, deleted: self.deleted, version, bytes })
    }
}

impl Sink for Appender<'_> {
    fn append(&mut self, row: &impl SourceRow) -> Result<bool, EtlError> {
        let wrong = |error| self.columns.wrong_key(error);
        let (op, key) = (row.op().map_err(wrong)?, row.key(self.table, self.names).map_err(wrong)?);
        if let Some(seen) = &mut self.seen {
            seen.insert(key);
        }
        match op {
            Op::Delete => self.deleted += 1,
            Op::Snapshot | Op::Insert | Op::Update => self.rows += 1,
        }
        self.columns.append(row, op, key, self.names)?;
        Ok(self.columns.rows() >= BATCH_ROWS)
    }

    /// Hands the rows so far to the file.
    async fn write(&mut self) -> Result<(), EtlError> {
        if self.columns.rows() == 0 {
            return Ok(());
        }
        let batch = self.columns.take()?;
        self.files.write(batch).await.map_err(EtlError::table(self.table.raw))?;
        (self.progress)(Progress::Rows { table: self.table.raw, rows: self.rows + self.deleted });
        Ok(())
    }
}
