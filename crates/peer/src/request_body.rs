use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use tokio::time::Instant;

use crate::BoxError;

type Stream = Pin<Box<dyn Body<Data = Bytes, Error = BoxError> + Send>>;

/// The body of an outgoing request: bytes, which can be sent again, or a stream, which cannot.
pub struct RequestBody(Kind);

enum Kind {
    Bytes(Bytes),
    Stream(Stream),
}

impl RequestBody {
    /// No body.
    pub fn empty() -> Self {
        Self(Kind::Bytes(Bytes::new()))
    }

    /// A body that is held whole, so the call may be retried.
    pub fn full(bytes: impl Into<Bytes>) -> Self {
        Self(Kind::Bytes(bytes.into()))
    }

    /// A body passed on as it arrives. One that is already at its end counts as empty, so a proxied GET may be retried.
    pub fn stream<B>(body: B) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        if body.is_end_stream() {
            return Self::empty();
        }
        Self(Kind::Stream(Box::pin(http_body_util::BodyExt::map_err(body, Into::into))))
    }

    /// The bytes, if the body can be sent more than once.
    pub(crate) fn replay(&self) -> Option<Self> {
        match &self.0 {
            Kind::Bytes(bytes) => Some(Self::full(bytes.clone())),
            Kind::Stream(_) => None,
        }
    }

    /// Whether it is at hand whole, so that nobody has to wait for more of it.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self.0, Kind::Bytes(_))
    }

    /// The body as the client takes it, and a view of how far the caller has got with it.
    pub(crate) fn watched(self) -> (Sent, Arc<Progress>) {
        match self.0 {
            Kind::Bytes(bytes) => {
                let progress = Progress::default();
                progress.finish();
                (Sent::Whole(Full::new(bytes)), Arc::new(progress))
            }
            Kind::Stream(stream) => {
                let progress = Arc::new(Progress { stream: Mutex::new(Some(stream)), ..Progress::default() });
                (Sent::Stream(Watched(Arc::clone(&progress))), progress)
            }
        }
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Bytes(bytes) => write!(f, "RequestBody({} bytes)", bytes.len()),
            Kind::Stream(_) => f.write_str("RequestBody(stream)"),
        }
    }
}

/// How far a request body has got: it decides whether silence is the upstream's fault or the caller's. It holds the stream
/// itself, so that one which nobody has begun to send can be sent elsewhere.
#[derive(Default)]
pub(crate) struct Progress {
    stream: Mutex<Option<Stream>>,
    begun: OnceLock<()>,
    /// Odd while the caller owes the next piece; grows with every piece and every wait.
    steps: AtomicU64,
    moved: Mutex<Option<Instant>>,
    finished: OnceLock<Instant>,
    failed: OnceLock<()>,
}

impl Progress {
    /// The stream, if nothing of it was asked for yet.
    pub(crate) fn take_untouched(&self) -> Option<RequestBody> {
        let untouched = self.begun.get().is_none().then(|| self.stream().take()).flatten();
        untouched.map(|stream| RequestBody(Kind::Stream(stream)))
    }

    fn stream(&self) -> MutexGuard<'_, Option<Stream>> {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the last byte was handed over.
    pub(crate) fn finished_at(&self) -> Option<Instant> {
        self.finished.get().copied()
    }

    /// When the caller last handed something over, if it did.
    pub(crate) fn moved_at(&self) -> Option<Instant> {
        *self.moved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the caller's body broke off.
    pub(crate) fn failed(&self) -> bool {
        self.failed.get().is_some()
    }

    /// A number that changes whenever the body moves.
    pub(crate) fn steps(&self) -> u64 {
        self.steps.load(Ordering::Acquire)
    }

    /// Whether everything depends on the caller's next piece.
    pub(crate) fn awaits_caller(&self) -> bool {
        self.finished.get().is_none() && self.steps() % 2 == 1
    }

    /// The end of the body is a move as well: of a body whose length is known, the last piece is the end.
    fn finish(&self) {
        self.moves();
        self.finished.get_or_init(Instant::now);
    }

    fn waits(&self) {
        self.steps.fetch_or(1, Ordering::AcqRel);
    }

    fn moves(&self) {
        *self.moved.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        // From odd to the next even number, from even to the one after it: either way a new number.
        let _ = self.steps.fetch_update(Ordering::AcqRel, Ordering::Acquire, |steps| Some((steps | 1).wrapping_add(1)));
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress").field("steps", &self.steps).field("finished", &self.finished).finish_non_exhaustive()
    }
}

/// A body on its way out.
pub(crate) enum Sent {
    Whole(Full<Bytes>),
    Stream(Watched),
}

impl Body for Sent {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.get_mut() {
            Self::Whole(whole) => Pin::new(whole).poll_frame(cx).map_err(|never| match never {}),
            Self::Stream(stream) => Pin::new(stream).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(whole) => whole.is_end_stream(),
            Self::Stream(stream) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(whole) => whole.size_hint(),
            Self::Stream(stream) => stream.size_hint(),
        }
    }
}

/// A caller's stream that notes its progress.
pub(crate) struct Watched(Arc<Progress>);

impl Body for Watched {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let progress = &self.0;
        progress.begun.get_or_init(|| ());
        let mut stream = progress.stream();
        let Some(stream) = stream.as_mut() else { return Poll::Ready(None) };
        let polled = stream.as_mut().poll_frame(cx);
        match &polled {
            Poll::Pending => progress.waits(),
            Poll::Ready(Some(Ok(_))) if !stream.is_end_stream() => progress.moves(),
            Poll::Ready(Some(Err(_))) => {
                progress.failed.get_or_init(|| ());
            }
            Poll::Ready(_) => progress.finish(),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.0.stream().as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.stream().as_ref().map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Watched {
    /// What has begun to flow is of no use to anybody else.
    fn drop(&mut self) {
        if self.0.begun.get().is_some() {
            self.0.stream().take();
        }
    }
}
