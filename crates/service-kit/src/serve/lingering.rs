use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};
use tokio_util::sync::CancellationToken;

/// How long a client that was refused may go on sending what nobody reads.
const LONGEST: Duration = Duration::from_secs(2);

/// A stream that is closed in two steps, as RFC 9112, section 9.6 asks: the writing half first, the rest once the client has
/// closed too or [`LONGEST`] is over. A socket closed with bytes unread resets its connection, and the reset may overtake
/// the answer that said why: a body over the limit would be told of as a broken connection.
#[derive(Debug)]
pub(super) struct LingeringClose<S> {
    stream: S,
    /// Once cancelled nobody waits for clients any more.
    closing: CancellationToken,
    client_is_done: bool,
    lingering: Option<Pin<Box<Sleep>>>,
}

impl<S> LingeringClose<S> {
    pub(super) fn new(stream: S, closing: CancellationToken) -> Self {
        Self { stream, closing, client_is_done: false, lingering: None }
    }
}

impl<S: AsyncRead + Unpin> LingeringClose<S> {
    /// Ready once the client has closed, or is beyond caring.
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut space = [0; 4096];
        loop {
            let mut bytes = ReadBuf::new(&mut space);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut bytes)) {
                Ok(()) if !bytes.filled().is_empty() => {}
                Ok(()) | Err(_) => return Poll::Ready(()),
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for LingeringClose<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = ready!(Pin::new(&mut self.stream).poll_read(cx, buf));
        self.client_is_done = read.is_err() || (buf.filled().len() == before && buf.remaining() > 0);
        Poll::Ready(read)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for LingeringClose<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            if self.client_is_done || self.closing.is_cancelled() {
                return Poll::Ready(Ok(()));
            }
            self.lingering = Some(Box::pin(sleep(LONGEST)));
        }
        let gave_up = self.lingering.as_mut().is_some_and(|timer| timer.as_mut().poll(cx).is_ready());
        if gave_up || self.poll_discard(cx).is_ready() { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    /// Both ends of a connection.
    async fn connected() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let theirs = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (listener.accept().await.unwrap().0, theirs)
    }

    /// What a client reads that goes on sending long after it was answered.
    async fn told(lingering: bool) -> io::Result<String> {
        let (ours, mut theirs) = connected().await;
        theirs.write_all(&vec![b'x'; 30_000]).await?;
        let answering = tokio::spawn(async move {
            let mut first = [0; 100];
            let mut stream = LingeringClose::new(ours, CancellationToken::new());
            stream.read_exact(&mut first).await.unwrap();
            stream.write_all(b"too much").await.unwrap();
            if lingering {
                stream.shutdown().await.unwrap();
            }
        });
        if !lingering {
            answering.await.unwrap();
        }
        theirs.write_all(&vec![b'x'; 30_000]).await?;
        let mut answer = String::new();
        theirs.read_to_string(&mut answer).await?;
        Ok(answer)
    }

    #[tokio::test]
    async fn a_client_that_is_still_sending_reads_its_answer() {
        assert_eq!(told(true).await.unwrap(), "too much");
        assert!(told(false).await.is_err(), "without lingering the reset overtakes the answer");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_never_closes_is_not_waited_for_longer_than_said() {
        let (ours, _theirs) = tokio::io::duplex(8);
        let before = tokio::time::Instant::now();
        LingeringClose::new(ours, CancellationToken::new()).shutdown().await.unwrap();
        assert_eq!(before.elapsed(), LONGEST);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_when_the_service_stops_or_the_client_is_done() {
        let before = tokio::time::Instant::now();
        let (ours, _theirs) = tokio::io::duplex(8);
        let closing = CancellationToken::new();
        closing.cancel();
        LingeringClose::new(ours, closing).shutdown().await.unwrap();
        let (ours, theirs) = tokio::io::duplex(8);
        drop(theirs);
        let mut stream = LingeringClose::new(ours, CancellationToken::new());
        assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0);
        stream.shutdown().await.unwrap();
        assert_eq!(before.elapsed(), Duration::ZERO);
    }
}
