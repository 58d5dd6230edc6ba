use deltalake::DeltaTableError;
use deltalake::arrow::array::RecordBatch;
use deltalake::kernel::Add;
use deltalake::writer::{DeltaWriter as _, RecordBatchWriter};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Batches that may wait until they are written; each is a megabyte or two.
const WAITING: usize = 2;

/// The files of one commit, written by a task of their own while the next rows are being read. Dropped before its end, nothing
/// of them counts.
#[derive(Debug)]
pub(super) struct Files {
    batches: mpsc::Sender<Next>,
    writing: JoinHandle<Result<Vec<Add>, DeltaTableError>>,
}

#[derive(Debug)]
enum Next {
    Batch(RecordBatch),
    End,
}

impl Files {
    pub(super) fn begin(writer: RecordBatchWriter) -> Self {
        let (batches, waiting) = mpsc::channel(WAITING);
        Self { batches, writing: tokio::spawn(write(writer, waiting)) }
    }

    pub(super) async fn write(&mut self, batch: RecordBatch) -> Result<(), DeltaTableError> {
        match self.batches.send(Next::Batch(batch)).await {
            Ok(()) => Ok(()),
            // It has ended before its time, so it says why.
            Err(_ended) => self.written().await.map(drop),
        }
    }

    /// Every file, complete.
    pub(super) async fn end(mut self) -> Result<Vec<Add>, DeltaTableError> {
        // Where it has ended already, it says why.
        let _ended = self.batches.send(Next::End).await;
        self.written().await
    }

    async fn written(&mut self) -> Result<Vec<Add>, DeltaTableError> {
        let written = (&mut self.writing).await;
        written
            .unwrap_or_else(|error| Err(DeltaTableError::generic(format!("the writing of files has ended: {error}"))))
    }
}

async fn write(mut writer: RecordBatchWriter, mut waiting: mpsc::Receiver<Next>) -> Result<Vec<Add>, DeltaTableError> {
    while let Some(next) = waiting.recv().await {
        match next {
            Next::Batch(batch) => writer.write(batch).await?,
            Next::End => return writer.flush().await,
        }
    }
    Ok(Vec::new())
}
