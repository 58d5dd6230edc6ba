//! What stands between the order service and whom it asks: it loses some of the answers, and can stop a call before it is
//! delivered, or before its answer is.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// Most that is carried at once; a call's head is smaller.
const PIECE: usize = 16 * 1024;

/// Where a call is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Nobody has heard of it.
    Before,
    /// It was done, and who asked does not know.
    After,
}

/// The next call of this kind, by the end of its path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trap {
    pub(super) path: &'static str,
    pub(super) when: When,
}

/// What goes wrong on all wires of a town.
pub(super) struct Faults {
    dice: Mutex<StdRng>,
    lost_percent: AtomicU32,
    lost: AtomicUsize,
    trap: Mutex<Option<Trap>>,
    sprung: Notify,
    released: Notify,
}

impl Faults {
    pub(super) fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self {
            dice: Mutex::new(StdRng::seed_from_u64(seed)),
            lost_percent: AtomicU32::new(0),
            lost: AtomicUsize::new(0),
            trap: Mutex::new(None),
            sprung: Notify::new(),
            released: Notify::new(),
        })
    }

    /// From now on so many of a hundred answers do not arrive.
    pub(super) fn lose(&self, percent: u32) {
        self.lost_percent.store(percent, Ordering::Relaxed);
    }

    /// How many answers did not arrive.
    pub(super) fn lost(&self) -> usize {
        self.lost.load(Ordering::Relaxed)
    }

    /// Stops the next call of a kind. It stays where it is until [`release`](Self::release).
    pub(super) fn set(&self, trap: Trap) {
        *self.trap.lock().unwrap() = Some(trap);
    }

    /// Waits until a call was stopped.
    pub(super) async fn sprung(&self) {
        self.sprung.notified().await;
    }

    /// Breaks the connection of the call that was stopped.
    pub(super) fn release(&self) {
        self.released.notify_waiters();
    }

    async fn stops(&self, path: &str, when: When) -> bool {
        let is_trapped = |trap: &mut Trap| trap.when == when && path.ends_with(trap.path);
        if self.trap.lock().unwrap().take_if(is_trapped).is_none() {
            return false;
        }
        // Made before anybody can know, so that no release is missed.
        let released = self.released.notified();
        self.sprung.notify_one();
        released.await;
        true
    }

    fn loses(&self) -> bool {
        let loses = self.dice.lock().unwrap().random_range(0..100) < self.lost_percent.load(Ordering::Relaxed);
        self.lost.fetch_add(usize::from(loses), Ordering::Relaxed);
        loses
    }
}

/// A wire to a service that may be dead at times; its own end answers for as long as the test runs.
pub(super) async fn wire(port: u16, faults: &Arc<Faults>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let faults = faults.clone();
    tokio::spawn(async move {
        while let Ok((caller, _)) = listener.accept().await {
            let faults = faults.clone();
            tokio::spawn(async move {
                // Who asks a dead service sees a broken connection.
                if let Ok(asked) = TcpStream::connect(("127.0.0.1", port)).await {
                    carry(caller, asked, &faults).await;
                }
            });
        }
    });
    address
}

async fn carry(mut caller: TcpStream, mut asked: TcpStream, faults: &Faults) {
    let (mut from_caller, mut to_caller) = caller.split();
    let (mut from_asked, mut to_asked) = asked.split();
    let (mut call, mut answer) = (vec![0; PIECE], vec![0; PIECE]);
    // The path of the call whose answer has not begun.
    let mut open: Option<String> = None;
    loop {
        let carried = tokio::select! {
            read = from_caller.read(&mut call) => {
                let Some(piece) = filled(&call, read) else { return };
                if let Some(path) = path_of(piece) {
                    if faults.stops(&path, When::Before).await {
                        return;
                    }
                    open = Some(path);
                }
                to_asked.write_all(piece).await
            }
            read = from_asked.read(&mut answer) => {
                let Some(piece) = filled(&answer, read) else { return };
                if let Some(path) = open.take()
                    && (faults.stops(&path, When::After).await || faults.loses())
                {
                    return;
                }
                to_caller.write_all(piece).await
            }
        };
        if carried.is_err() {
            return;
        }
    }
}

fn filled(buffer: &[u8], read: std::io::Result<usize>) -> Option<&[u8]> {
    buffer.get(..read.ok()?).filter(|piece| !piece.is_empty())
}

/// The path of the request that begins here, if one does.
fn path_of(piece: &[u8]) -> Option<String> {
    let line = std::str::from_utf8(piece.split(|byte| *byte == b'\r').next()?).ok()?;
    let mut words = line.split(' ');
    let is_request = ["GET", "POST", "PUT", "DELETE"].contains(&words.next()?) && line.ends_with(" HTTP/1.1");
    is_request.then(|| words.next().map(ToOwned::to_owned))?
}
