use deltalake::DeltaTableError;
use deltalake::arrow::array::RecordBatch;
use deltalake::kernel::Add;
use deltalake::writer::{DeltaWriter as _, RecordBatchWriter};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::batches::Batches;
use super::columns::Columns;
use super::key::Key;
use crate::EtlError;

/// Batches that may wait until somebody takes them, on either side; each is a megabyte or two.
const WAITING: usize = 2;

/// The files of one commit. While rows are being read, those before them are turned into batches by one task, and those
/// before them written by another. Dropped before its end, nothing of them counts.
#[derive(Debug)]
pub(super) struct Files {
    table: &'static str,
    rows: mpsc::Sender<Next<Rows>>,
    writing: JoinHandle<Result<Vec<Add>, EtlError>>,
}

/// What a file is made of.
#[derive(Debug)]
pub(super) enum Rows {
    OfSource(Columns),
    /// Keys that are gone.
    Deleted(Vec<Key>),
}

#[derive(Debug)]
enum Next<T> {
    Part(T),
    End,
}

impl Files {
    pub(super) fn begin(table: &'static str, batches: Batches, writer: RecordBatchWriter) -> Self {
        let (rows, gathered) = mpsc::channel(WAITING);
        let (turned, waiting) = mpsc::channel(WAITING);
        let turning = tokio::task::spawn_blocking(move || turn(batches, gathered, &turned));
        let writing = async move {
            let written = write(writer, waiting).await.map_err(EtlError::table(table));
            // Where it failed there was no end, and nothing was written that counts.
            turning.await.map_err(|error| ended(table, &error))?.and(written)
        };
        Self { table, rows, writing: tokio::spawn(writing) }
    }

    pub(super) async fn write(&mut self, rows: Rows) -> Result<(), EtlError> {
        match self.rows.send(Next::Part(rows)).await {
            Ok(()) => Ok(()),
            // It has ended before its time, so it says why.
            Err(_ended) => self.written().await.map(drop),
        }
    }

    /// Every file, complete.
    pub(super) async fn end(mut self) -> Result<Vec<Add>, EtlError> {
        // Where it has ended already, it says why.
        let _ended = self.rows.send(Next::End).await;
        self.written().await
    }

    async fn written(&mut self) -> Result<Vec<Add>, EtlError> {
        let table = self.table;
        (&mut self.writing).await.unwrap_or_else(|error| Err(ended(table, &error)))
    }
}

fn ended(table: &'static str, error: &tokio::task::JoinError) -> EtlError {
    EtlError::table(table)(DeltaTableError::generic(format!("the writing of files has ended: {error}")))
}

/// Makes batches of rows, until there are no more or nobody wants them.
fn turn(
    mut batches: Batches,
    mut gathered: mpsc::Receiver<Next<Rows>>,
    turned: &mpsc::Sender<Next<RecordBatch>>,
) -> Result<(), EtlError> {
    let mut is_over = false;
    while !is_over && let Some(next) = gathered.blocking_recv() {
        let next = match next {
            Next::Part(Rows::OfSource(rows)) => Next::Part(batches.of_rows(rows)?),
            Next::Part(Rows::Deleted(keys)) => Next::Part(batches.of_deleted(&keys)?),
            Next::End => Next::End,
        };
        let is_last = matches!(next, Next::End);
        is_over = turned.blocking_send(next).is_err() || is_last;
    }
    Ok(())
}

async fn write(
    mut writer: RecordBatchWriter,
    mut waiting: mpsc::Receiver<Next<RecordBatch>>,
) -> Result<Vec<Add>, DeltaTableError> {
    while let Some(next) = waiting.recv().await {
        match next {
            Next::Part(batch) => writer.write(batch).await?,
            Next::End => return writer.flush().await,
        }
    }
    Ok(Vec::new())
}
