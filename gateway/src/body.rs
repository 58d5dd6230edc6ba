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
    Stream { ahead: Bytes, rest: ResponseBody },
    /// One of the gateway's own pages.
    Page(axum::body::Body),
}

impl Body {
    pub(crate) const fn empty() -> Self {
        Self::Whole(Bytes::new())
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(take(bytes)),
            Self::Stream { ahead, .. } if !ahead.is_empty() => Poll::Ready(take(ahead)),
            Self::Stream { rest, .. } => Pin::new(rest).poll_frame(cx).map(|frame| Some(frame?.map_err(Into::into))),
            Self::Page(page) => Pin::new(page).poll_frame(cx).map(|frame| Some(frame?.map_err(Into::into))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_empty(),
            Self::Stream { ahead, rest } => ahead.is_empty() && rest.is_end_stream(),
            Self::Page(page) => page.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(length(bytes)),
            Self::Stream { ahead, rest } => {
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
