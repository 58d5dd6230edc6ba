use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use tokio::runtime::{Builder, Handle, Id};
use tokio_util::sync::CancellationToken;

/// Threads that serve connections, each with a scheduler of its own: what happens on a connection happens on one thread, and
/// nobody is woken on another one for it. They end with this value.
#[derive(Debug)]
pub struct Crew {
    handles: Arc<[Handle]>,
    threads: Vec<JoinHandle<()>>,
    over: CancellationToken,
}

/// Gives connections to the threads of a crew in turn; without one they stay where they were accepted.
#[derive(Debug, Clone, Default)]
pub struct Hands {
    handles: Arc<[Handle]>,
    next: Arc<AtomicUsize>,
}

impl Crew {
    /// One thread for each core.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub fn muster() -> io::Result<Self> {
        let count = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let over = CancellationToken::new();
        let (mut handles, mut threads) = (Vec::new(), Vec::new());
        for number in 0..count {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            handles.push(runtime.handle().clone());
            let over = over.clone();
            let body = move || runtime.block_on(over.cancelled());
            threads.push(thread::Builder::new().name(format!("serve-{number}")).spawn(body)?);
        }
        Ok(Self { handles: handles.into(), threads, over })
    }

    /// The schedulers of its threads.
    pub fn runtimes(&self) -> impl Iterator<Item = Id> {
        self.handles.iter().map(Handle::id)
    }

    pub fn hands(&self) -> Hands {
        Hands { handles: Arc::clone(&self.handles), next: Arc::default() }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.over.cancel();
        for thread in self.threads.drain(..) {
            // A thread that has panicked has ended, too.
            let _ended = thread.join();
        }
    }
}

impl Hands {
    /// Whose turn it is.
    pub(super) fn next(&self) -> Option<&Handle> {
        let count = self.handles.len();
        (count > 0).then(|| &self.handles[self.next.fetch_add(1, Ordering::Relaxed) % count])
    }
}
