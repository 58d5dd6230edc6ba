use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use peer::{BoxError, ResponseBody};

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum Body {
    /// Held whole; empty once it is sent.
    Whole(Bytes),
    /// Passed on as the upstream sends it, after what has been read of it already.
    Stream(Box<Stream>),
    /// One of the gateway's own pages.
    Page(axum::body::Body),
}

/// What an upstream sends, in a box: most answers do without one, and all of them are handed from layer to layer.
#[derive(Debug)]
pub(crate) struct Stream {
    ahead: Bytes,
    rest: ResponseBody,
}

impl Body {
    pub(crate) const fn empty() -> Self {
        Self::Whole(Bytes::new())
    }

    /// `rest` after what has been read of it already.
    pub(crate) fn stream(ahead: Bytes, rest: ResponseBody) -> Self {
        Self::Stream(Box::new(Stream { ahead, rest }))
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(take(bytes)),
            Self::Stream(stream) if !stream.ahead.is_empty() => Poll::Ready(take(&mut stream.ahead)),
            Self::Stream(stream) => {
                Pin::new(&mut stream.rest).poll_frame(cx).map(|frame| Some(frame?.map_err(Into::into)))
            }
            Self::Page(page) => Pin::new(page).poll_frame(cx).map(|frame| Some(frame?.map_err(Into::into))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_empty(),
            Self::Stream(stream) => stream.ahead.is_empty() && stream.rest.is_end_stream(),
            Self::Page(page) => page.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(length(bytes)),
            Self::Stream(stream) => {
                let Stream { ahead, rest } = &**stream;
                let mut hint = rest.size_hint();
                if let Some(upper) = hint.upper() {
                    hint.set_upper(upper + length(ahead));
                }
                hint.set_lower(hint.lower() + length(ahead));
                hint
            }
            Self::Page(page) => page.size_hint(),
        }
    }
}

fn take(bytes: &mut Bytes) -> Option<Result<Frame<Bytes>, BoxError>> {
    let bytes = std::mem::take(bytes);
    (!bytes.is_empty()).then(|| Ok(Frame::data(bytes)))
}

fn length(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
