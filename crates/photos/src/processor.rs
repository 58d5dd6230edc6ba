use std::sync::Arc;
use std::thread;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::{Format, Limits, Photo, Refusal};

/// How much lower than a request a photo stands with the scheduler, in steps of `nice`: where both want a processor, the
/// request gets nine tenths of it.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// How many photos are worked on, and what each may cost.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Photos at one time. Each takes a whole processor and, at the default limits, at most about 350 MiB.
    pub workers: usize,
    /// Photos that wait for a worker. Each holds its upload in memory.
    pub waiting: usize,
    pub limits: Limits,
}

impl Default for Settings {
    /// One photo at a time and eight that wait, so that even the last is done in the time of a request.
    fn default() -> Self {
        Self { workers: 1, waiting: 8, limits: Limits::default() }
    }
}

/// Makes photos of uploads, on threads of their own that give way to requests, and only so many at a time.
#[derive(Debug, Clone)]
pub struct Processor {
    places: Arc<Semaphore>,
    workers: Arc<Semaphore>,
    limits: Limits,
}

impl Processor {
    pub fn new(settings: Settings) -> Self {
        Self {
            places: Arc::new(Semaphore::new(settings.workers + settings.waiting)),
            workers: Arc::new(Semaphore::new(settings.workers)),
            limits: settings.limits,
        }
    }

    /// Keeps a place for one photo. To be asked for before an upload is read, so that those who are turned away cost no
    /// memory.
    ///
    /// # Errors
    /// All places are taken.
    pub fn admit(&self) -> Result<Place, Busy> {
        let permit = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Busy)?;
        Ok(Place { permit, workers: Arc::clone(&self.workers), limits: self.limits })
    }
}

/// All places are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Too many photos are being worked on; send this one again in a few seconds.")]
pub struct Busy;

/// A place among those who wait for a worker. Dropping it gives it to somebody else.
#[derive(Debug)]
pub struct Place {
    permit: OwnedSemaphorePermit,
    workers: Arc<Semaphore>,
    limits: Limits,
}

impl Place {
    /// Waits for a worker and has it make the photo. When the caller goes away before the work has begun it is not done;
    /// when it goes away later, the work is finished and its place is free only then.
    ///
    /// # Errors
    /// What is wrong with the upload, or that the worker failed.
    pub async fn prepare(self, upload: Bytes, declared: Format) -> Result<Photo, PrepareError> {
        let Self { permit: place, workers, limits } = self;
        let worker = workers.acquire_owned().await.map_err(|_| PrepareError::Failed)?;
        let (answer, prepared) = oneshot::channel();
        let work = move || {
            give_way();
            let photo = Photo::prepare(&upload, declared, &limits);
            drop((worker, place));
            // Nobody listens any more if the caller went away.
            answer.send(photo).ok();
        };
        thread::Builder::new().name("photo".to_owned()).spawn(work).map_err(PrepareError::NoThread)?;
        // A decoder that panics takes its thread along, and with it the sender.
        Ok(prepared.await.map_err(|_| PrepareError::Failed)??)
    }
}

/// No photo came of it.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the photo could not be worked on: there is no thread to be had")]
    NoThread(#[source] std::io::Error),
    #[error("the photo could not be worked on: its worker failed")]
    Failed,
}

/// Lets requests go first. Linux counts niceness by thread; elsewhere it would slow the whole process down.
fn give_way() {
    // Where it is not granted the photo is made all the same, if less politely.
    #[cfg(target_os = "linux")]
    rustix::process::setpriority_process(None, NICENESS).ok();
}
