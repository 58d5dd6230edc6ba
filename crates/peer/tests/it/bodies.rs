//! Bodies that stream, stall and break, in either direction.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use peer::{BodyError, CallContext, Peer, PeerError, RequestBody};

use crate::script::{Script, Step};
use crate::upstream::{Upstream, ample, answer, get, scripted};

fn calls_and_failures(peer: &Peer) -> (u32, u32) {
    let window = peer.breaker().snapshot().window;
    (window.calls, window.failures)
}

/// Answers with the request's body, as it comes.
async fn echo() -> Upstream {
    Upstream::start(|request| async {
        Ok(http::Response::new(request.into_body().map_err(io::Error::other).boxed_unsync()))
    })
    .await
}

/// Answers with the request's body, once it has all of it.
async fn hoarder() -> Upstream {
    Upstream::start(|request| async { Ok(answer(StatusCode::OK, request.collect().await?.to_bytes())) }).await
}

fn post(steps: impl IntoIterator<Item = Step>) -> Request<RequestBody> {
    Request::post("/").body(RequestBody::stream(Script::new(steps))).unwrap()
}

#[tokio::test]
async fn bodies_stream_through_in_both_directions() {
    let upstream = echo().await;
    let peer = upstream.peer(|_| {});
    let request = post([Step::Data("Grüße, "), Step::Data("Welt")]);
    let body = peer.send(request, &ample()).await.unwrap().into_body();
    assert_eq!(body.collect().await.unwrap().to_bytes(), "Grüße, Welt");
    assert_eq!(calls_and_failures(&peer), (1, 0));
}

#[tokio::test]
async fn an_answer_begins_before_the_request_has_ended() {
    let upstream = echo().await;
    let peer = upstream.peer(|_| {});
    let mut body = peer.send(post([Step::Data("first"), Step::Stall]), &ample()).await.unwrap().into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "first");
}

#[tokio::test]
async fn an_answer_that_breaks_midway_is_a_failure() {
    let upstream = Upstream::start(|_| async { Ok(scripted([Step::Data("half"), Step::Flush, Step::Break])) }).await;
    let peer = upstream.peer(|_| {});
    let body = peer.send(get("/"), &ample()).await.unwrap().into_body();
    assert_eq!(calls_and_failures(&peer), (0, 0), "the verdict waits for the end of the body");
    assert!(matches!(body.collect().await, Err(BodyError::Broken { .. })));
    assert_eq!(calls_and_failures(&peer), (1, 1));
}

#[tokio::test]
async fn answers_that_always_break_midway_open_the_breaker() {
    let upstream = Upstream::start(|_| async { Ok(scripted([Step::Data("half"), Step::Flush, Step::Break])) }).await;
    let peer = upstream.peer(|settings| settings.breaker.streak = 3);
    for _ in 0..3 {
        peer.send(get("/"), &ample()).await.unwrap().into_body().collect().await.unwrap_err();
    }
    assert!(matches!(peer.send(get("/"), &ample()).await, Err(PeerError::Open { .. })));
}

#[tokio::test]
async fn an_answer_that_stalls_midway_is_a_failure() {
    let upstream = Upstream::start(|_| async { Ok(scripted([Step::Data("half"), Step::Stall])) }).await;
    let peer = upstream.peer(|_| {});
    let body = peer.send(get("/"), &ample()).await.unwrap().into_body();
    assert!(matches!(body.collect().await, Err(BodyError::Stalled { .. })));
    assert_eq!(calls_and_failures(&peer), (1, 1));
}

#[tokio::test]
async fn an_answer_that_nobody_reads_to_its_end_is_no_verdict() {
    let upstream = Upstream::start(|_| async { Ok(scripted([Step::Data("half"), Step::Stall])) }).await;
    let peer = upstream.peer(|_| {});
    drop(peer.send(get("/"), &ample()).await.unwrap());
    assert_eq!(calls_and_failures(&peer), (0, 0));
}

#[tokio::test]
async fn a_client_that_breaks_off_its_upload_is_not_the_upstream_s_failure() {
    let upstream = hoarder().await;
    let peer = upstream.peer(|_| {});
    let ended = peer.send(post([Step::Data("half"), Step::Break]), &ample()).await;
    assert!(matches!(ended, Err(PeerError::RequestBody { source: Some(_), .. })), "{ended:?}");
    assert_eq!(calls_and_failures(&peer), (0, 0));
}

#[tokio::test]
async fn a_client_that_stalls_its_upload_is_not_the_upstream_s_failure() {
    let upstream = hoarder().await;
    let peer = upstream.peer(|_| {});
    let context = CallContext::within(Duration::from_millis(500));
    let ended = peer.send(post([Step::Data("half"), Step::Stall]), &context).await;
    assert!(matches!(ended, Err(PeerError::RequestBody { source: None, .. })), "{ended:?}");
    assert_eq!(calls_and_failures(&peer), (0, 0));
}

#[tokio::test]
async fn a_client_that_ends_its_upload_just_before_its_deadline_is_not_the_upstream_s_failure() {
    let upstream = Upstream::start(|_| std::future::pending()).await;
    let peer = upstream.peer(|settings| settings.attempt_timeout = Duration::from_secs(2));
    let (mut sender, body) = http_body_util::channel::Channel::<bytes::Bytes, io::Error>::new(1);
    let upload = async move {
        tokio::time::sleep(Duration::from_millis(1400)).await;
        sender.send_data("all of it".into()).await.unwrap();
    };
    let request = Request::post("/").body(RequestBody::stream(body)).unwrap();
    let context = CallContext::within(Duration::from_millis(1600));
    let (ended, ()) = tokio::join!(peer.send(request, &context), upload);
    assert!(matches!(ended, Err(PeerError::Timeout { .. })), "{ended:?}");
    assert_eq!(calls_and_failures(&peer), (0, 0));
}

#[tokio::test]
async fn an_upload_that_takes_longer_than_an_attempt_but_moves_is_no_timeout() {
    let upstream = hoarder().await;
    let peer = upstream.peer(|settings| settings.attempt_timeout = Duration::from_millis(100));
    let (mut sender, body) = http_body_util::channel::Channel::<bytes::Bytes, std::io::Error>::new(1);
    let upload = async move {
        for _ in 0..8 {
            tokio::time::sleep(Duration::from_millis(40)).await;
            sender.send_data("piece ".into()).await.unwrap();
        }
    };
    let request = Request::post("/").body(RequestBody::stream(body)).unwrap();
    let context = ample();
    let (ended, ()) = tokio::join!(peer.send(request, &context), upload);
    let whole = ended.unwrap().into_body().collect().await.unwrap().to_bytes();
    assert_eq!(whole, "piece ".repeat(8));
    assert_eq!(peer.breaker().snapshot().window.slow, 0);
}

/// One piece of known length that comes late and is all there is.
struct Late {
    until: Pin<Box<tokio::time::Sleep>>,
    piece: Option<Bytes>,
}

impl Late {
    fn new(after: Duration) -> Self {
        Self { until: Box::pin(tokio::time::sleep(after)), piece: Some(Bytes::from_static(b"all of it")) }
    }
}

impl Body for Late {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        ready!(self.until.as_mut().poll(cx));
        Poll::Ready(self.piece.take().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.piece.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.piece.as_ref().map_or(0, |piece| u64::try_from(piece.len()).unwrap()))
    }
}

#[tokio::test]
async fn the_upstream_s_time_begins_at_the_end_of_a_body_whose_length_is_known() {
    let upstream = Upstream::start(|request| async {
        let body = request.collect().await?.to_bytes();
        tokio::time::sleep(Duration::from_millis(500)).await;
        Ok(answer(StatusCode::OK, body))
    })
    .await;
    let peer = upstream.peer(|settings| settings.attempt_timeout = Duration::from_secs(1));
    let request = Request::post("/").body(RequestBody::stream(Late::new(Duration::from_millis(1800)))).unwrap();
    let whole = peer.send(request, &ample()).await.unwrap().into_body().collect().await.unwrap().to_bytes();
    assert_eq!(whole, "all of it");
    assert_eq!(calls_and_failures(&peer), (1, 0));
}
