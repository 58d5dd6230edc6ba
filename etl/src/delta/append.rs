use super::batches::Batches;
use super::columns::{Columns, value};
use super::files::{Files, Rows};
use super::key::Key;
use super::schema::written;
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
    names: Pseudonyms,
    progress: OnProgress<'a>,
    columns: Columns,
    /// Keys that are gone, of which the source says nothing.
    gone: Vec<Key>,
    files: Files,
    position: Position,
    rows: u64,
    deleted: u64,
    /// The keys that were read, if deletions have to be found by comparing; sorted once all are here.
    seen: Option<Vec<u128>>,
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
        batches: Batches,
        progress: OnProgress<'a>,
    ) -> Result<Self, EtlError> {
        Ok(Self {
            table,
            names: batches.names().clone(),
            progress,
            columns: Columns::new(table, 0),
            gone: Vec::new(),
            files: Files::begin(table.raw, batches, target.writer(written(table))?),
            target,
            position,
            rows: 0,
            deleted: 0,
            seen: None,
        })
    }

    /// Remembers every key that is read from now on, for [`Appender::delete_unseen`].
    pub(crate) fn remember_keys(&mut self) {
        self.seen = Some(Vec::new());
    }

    /// Says that every key has been read that there is.
    pub(crate) fn have_read_all(&mut self) {
        if let Some(seen) = &mut self.seen {
            seen.sort_unstable();
        }
    }

    /// Marks a key that the warehouse has as deleted, unless it was just read; after [`Appender::have_read_all`].
    pub(crate) async fn delete_unseen(&mut self, key: &str) -> Result<(), EtlError> {
        let key = Key::parse(key).ok_or_else(|| EtlError::wrong_key(self.table.raw, Some(key)))?;
        if self.seen.as_ref().is_some_and(|seen| seen.binary_search(&key.short()).is_ok()) {
            return Ok(());
        }
        self.gone.push(key);
        self.deleted += 1;
        if self.gone.len() >= BATCH_ROWS { self.write_gone().await } else { Ok(()) }
    }

    /// Commits everything as one version.
    pub(crate) async fn commit(mut self) -> Result<Appended, EtlError> {
        self.write().await?;
        self.write_gone().await?;
        let files = self.files.end().await?;
        let bytes = files.iter().map(|file| u64::try_from(file.size).unwrap_or_default()).sum();
        let version = self.target.commit(files, self.position).await?;
        Ok(Appended { rows: self.rows, deleted: self.deleted, version, bytes })
    }

    async fn write_gone(&mut self) -> Result<(), EtlError> {
        if self.gone.is_empty() {
            return Ok(());
        }
        let gone = std::mem::take(&mut self.gone);
        self.pass_on(Rows::Deleted(gone)).await
    }

    async fn pass_on(&mut self, rows: Rows) -> Result<(), EtlError> {
        self.files.write(rows).await?;
        (self.progress)(Progress::Rows { table: self.table.raw, rows: self.rows + self.deleted });
        Ok(())
    }
}

impl Sink for Appender<'_> {
    fn append(&mut self, row: &impl SourceRow) -> Result<bool, EtlError> {
        let wrong = |error| value(self.table, self.table.key, error);
        if let Some(seen) = &mut self.seen {
            seen.push(row.key(self.table, &self.names).map_err(wrong)?.short());
        }
        let op = row.op().map_err(wrong)?;
        match op {
            Op::Delete => self.deleted += 1,
            Op::Snapshot | Op::Insert | Op::Update => self.rows += 1,
        }
        self.columns.append(row, op)?;
        Ok(self.columns.rows() >= BATCH_ROWS)
    }

    /// Hands the rows so far to the file.
    async fn write(&mut self) -> Result<(), EtlError> {
        let rows = self.columns.rows();
        if rows == 0 {
            return Ok(());
        }
        // Room for as many again.
        let gathered = std::mem::replace(&mut self.columns, Columns::new(self.table, rows));
        self.pass_on(Rows::OfSource(gathered)).await
    }
}
