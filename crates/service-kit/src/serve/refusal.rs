use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use problem::{CONTENT_TYPE, Kind, Problem};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::answering::Answering;

/// Hyper answers what it cannot parse by itself, with a status and nothing else. This stream gives such an answer the
/// problem document that every error has. While an answer of the service is on its way, whatever looks like one is a piece of
/// that.
#[derive(Debug)]
pub(super) struct Refusals<S> {
    stream: S,
    answering: Answering,
    replacing: Option<Replacing>,
}

/// An answer on its way out instead of another.
#[derive(Debug)]
struct Replacing {
    bytes: Vec<u8>,
    written: usize,
    /// What hyper takes for written once all of `bytes` is.
    stands_for: usize,
}

impl<S> Refusals<S> {
    pub(super) fn new(stream: S, answering: Answering) -> Self {
        Self { stream, answering, replacing: None }
    }

    /// What has to be written instead of this.
    fn replacement(&mut self, buf: &[u8]) -> Option<Replacing> {
        let begun = self.replacing.take();
        begun.or_else(|| if self.answering.is_under_way() { None } else { replacement(buf) })
    }
}

impl<S: AsyncWrite + Unpin> Refusals<S> {
    fn poll_replaced(&mut self, cx: &mut Context<'_>, mut replacing: Replacing) -> Poll<io::Result<usize>> {
        while replacing.written < replacing.bytes.len() {
            match Pin::new(&mut self.stream).poll_write(cx, &replacing.bytes[replacing.written..]) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(written)) => replacing.written += written,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    self.replacing = Some(replacing);
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Ok(replacing.stands_for))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Refusals<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Refusals<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.replacement(buf) {
            Some(replacing) => self.poll_replaced(cx, replacing),
            None => Pin::new(&mut self.stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // A bare answer is one piece; what has a body is two.
        match bufs {
            [only] => self.poll_write(cx, only),
            _ => Pin::new(&mut self.stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.answering.flushed();
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The longest bare answer, bytes.
const LONGEST: usize = 256;

fn replacement(answer: &[u8]) -> Option<Replacing> {
    if answer.len() > LONGEST || !answer.starts_with(b"HTTP/1.1 4") {
        return None;
    }
    let head = std::str::from_utf8(answer).ok()?.strip_suffix("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let problem = refusal(lines.next()?)?;
    let is_bare = |line: &str| {
        let name = line.split(':').next().unwrap_or_default();
        ["connection", "content-length", "date"].iter().any(|known| name.eq_ignore_ascii_case(known))
    };
    if !lines.all(is_bare) {
        return None;
    }
    let status = problem.kind().status();
    let body = problem.to_json(None);
    let head = format!(
        "HTTP/1.1 {} {}\r\ncontent-type: {CONTENT_TYPE}\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
         connection: close\r\n\r\n",
        status.as_str(),
        status.canonical_reason().unwrap_or_default(),
        body.len()
    );
    Some(Replacing { bytes: [head.into_bytes(), body].concat(), written: 0, stands_for: answer.len() })
}

/// The problem behind a status that hyper answers with.
fn refusal(status_line: &str) -> Option<Problem> {
    match status_line.split(' ').nth(1)? {
        "400" => Some(Problem::because(Kind::MalformedRequest, "The request is not HTTP/1.1 as RFC 9112 has it.")),
        "414" => Some(Problem::because(Kind::MalformedRequest, "The request's target is too long.")),
        "431" => Some(Problem::new(Kind::HeadersTooLarge)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    const BARE: &[u8] = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\
                          date: Sat, 21 Nov 2026 02:42:53 GMT\r\n\r\n";

    #[tokio::test]
    async fn a_bare_refusal_becomes_a_problem_however_slowly_it_is_taken() {
        let (ours, mut theirs) = duplex(7);
        let writing = tokio::spawn(async move { Refusals::new(ours, Answering::default()).write_all(BARE).await });
        let mut answer = String::new();
        theirs.read_to_string(&mut answer).await.unwrap();
        writing.await.unwrap().unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("content-type: application/problem+json"), "{head}");
        assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
        assert!(body.contains("\"code\":\"headers_too_large\""), "{body}");
    }

    #[tokio::test]
    async fn until_an_answer_is_out_whole_nothing_is_taken_for_a_refusal() {
        let (ours, mut theirs) = duplex(4096);
        let answering = Answering::default();
        let mut stream = Refusals::new(ours, answering.clone());
        let answer = answering.begin();
        stream.write_all(BARE).await.unwrap();
        stream.flush().await.unwrap();
        stream.write_all(BARE).await.unwrap();
        drop(answer);
        stream.write_all(BARE).await.unwrap();
        stream.flush().await.unwrap();
        stream.write_all(BARE).await.unwrap();
        drop(stream);
        let mut written = Vec::new();
        theirs.read_to_end(&mut written).await.unwrap();
        let (plain, refusal) = written.split_at(3 * BARE.len());
        assert_eq!(plain, BARE.repeat(3));
        assert!(String::from_utf8_lossy(refusal).contains("application/problem+json"));
    }

    #[test]
    fn a_services_own_answer_stays_as_it_is() {
        for answer in [
            "HTTP/1.1 400 Bad Request\r\nx-request-id: 1\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 4\r\n\r\nbody",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 431",
        ] {
            assert!(replacement(answer.as_bytes()).is_none(), "{answer}");
        }
    }
}
