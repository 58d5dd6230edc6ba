use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// Nothing of the service's is on its way.
const IDLE: u8 = 0;
/// The service has been asked, and the body of its answer has not ended.
const BEGUN: u8 = 1;
/// It has ended, though some of it may not be written yet.
const ENDED: u8 = 2;

/// Whether an answer of the service is on its way out on a connection. While one is, nothing that is written is an answer which
/// hyper gives by itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Answering(Arc<AtomicU8>);

/// One answer of the service, until its body has ended.
#[derive(Debug)]
pub(super) struct Answer(Answering);

impl Answering {
    pub(super) fn begin(&self) -> Answer {
        self.0.store(BEGUN, Ordering::Relaxed);
        Answer(self.clone())
    }

    /// All that hyper had was written.
    pub(super) fn flushed(&self) {
        if self.0.load(Ordering::Relaxed) == ENDED {
            self.0.store(IDLE, Ordering::Relaxed);
        }
    }

    pub(super) fn is_under_way(&self) -> bool {
        self.0.load(Ordering::Relaxed) != IDLE
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.0.0.store(ENDED, Ordering::Relaxed);
    }
}
