use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Method, Request, StatusCode};
use peer::{CallContext, Peer, PeerError, RequestBody};

use crate::script::{Script, Step};
use crate::upstream::{Upstream, ample, answer, get, never_opens, peer_of};

const OUTAGE: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

fn patient(upstream: &Upstream) -> Peer {
    upstream.peer(|settings| {
        settings.breaker = never_opens();
        settings.retry.max_retries = 1;
        settings.retry.pause = std::time::Duration::from_millis(1);
    })
}

/// Makes enough calls to have earned `retries`.
async fn earn(peer: &Peer, retries: usize) {
    for _ in 0..retries * 5 {
        let request = Request::post("/").body(RequestBody::empty()).unwrap();
        peer.send(request, &ample()).await.unwrap();
    }
}

/// Answers 503 once `failing` requests are due to fail, and 200 otherwise.
async fn failing_on_demand() -> (Upstream, Arc<AtomicUsize>) {
    let failing = Arc::new(AtomicUsize::new(0));
    let due = Arc::clone(&failing);
    let upstream = Upstream::start(move |_| {
        let fails = due.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1)).is_ok();
        async move { Ok(answer(if fails { OUTAGE } else { StatusCode::OK }, "")) }
    })
    .await;
    (upstream, failing)
}

async fn status_with_one_failure(request: Request<RequestBody>, context: &CallContext) -> StatusCode {
    let (upstream, failing) = failing_on_demand().await;
    let peer = patient(&upstream);
    earn(&peer, 1).await;
    failing.store(1, Ordering::Release);
    peer.send(request, context).await.unwrap().status()
}

fn with_method(method: Method) -> Request<RequestBody> {
    Request::builder().method(method).uri("/").body(RequestBody::full("body")).unwrap()
}

#[tokio::test]
async fn safe_calls_are_retried() {
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        assert_eq!(status_with_one_failure(with_method(method), &ample()).await, StatusCode::OK);
    }
}

#[tokio::test]
async fn writes_are_not_retried_unless_the_caller_says_they_may_be() {
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        assert_eq!(status_with_one_failure(with_method(method.clone()), &ample()).await, OUTAGE);
        assert_eq!(status_with_one_failure(with_method(method), &ample().idempotent()).await, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_streamed_body_cannot_be_sent_twice_and_an_ended_one_can() {
    let streamed = Script::new([Step::Data("once")]);
    let request = Request::post("/").body(RequestBody::stream(streamed)).unwrap();
    assert_eq!(status_with_one_failure(request, &ample().idempotent()).await, OUTAGE);
    let ended = Request::get("/").body(RequestBody::stream(Script::new([]))).unwrap();
    assert_eq!(status_with_one_failure(ended, &ample()).await, StatusCode::OK);
}

#[tokio::test]
async fn an_upstream_that_says_when_to_come_back_is_not_asked_sooner() {
    let upstream = Upstream::start(|_| async {
        let mut later = answer(OUTAGE, "");
        later.headers_mut().insert("retry-after", "5".parse()?);
        Ok(later)
    })
    .await;
    let peer = patient(&upstream);
    earn(&peer, 1).await;
    assert_eq!(peer.send(get("/"), &ample()).await.unwrap().status(), OUTAGE);
    assert_eq!(upstream.hits(), 6);
}

#[tokio::test]
async fn answers_that_would_be_the_same_again_are_not_retried() {
    for status in [StatusCode::NOT_FOUND, StatusCode::TOO_MANY_REQUESTS, StatusCode::INTERNAL_SERVER_ERROR] {
        let upstream = Upstream::answering(status).await;
        let peer = patient(&upstream);
        earn(&peer, 1).await;
        assert_eq!(peer.send(get("/"), &ample()).await.unwrap().status(), status);
        assert_eq!(upstream.hits(), 6);
    }
}

#[tokio::test]
async fn retries_add_at_most_a_fifth_to_the_load_of_an_outage() {
    let upstream = Upstream::answering(OUTAGE).await;
    let peer = patient(&upstream);
    for _ in 0..200 {
        peer.send(get("/"), &ample()).await.unwrap();
    }
    assert_eq!(upstream.hits(), 240);
}

#[tokio::test]
async fn every_attempt_counts_for_the_breaker() {
    let upstream = Upstream::answering(OUTAGE).await;
    let peer = patient(&upstream);
    earn(&peer, 1).await;
    peer.send(get("/"), &ample()).await.unwrap();
    assert_eq!(peer.breaker().snapshot().window.calls, 7);
}

#[tokio::test]
async fn a_retry_happens_only_within_the_deadline() {
    let upstream = Upstream::silent().await;
    let peer = upstream.peer(|settings| {
        settings.breaker = never_opens();
        settings.retry.max_retries = 10;
    });
    for _ in 0..50 {
        let _ = peer.send(get("/"), &CallContext::within(std::time::Duration::from_millis(1))).await;
    }
    let before = upstream.hits();
    let ended = peer.send(get("/"), &CallContext::within(std::time::Duration::from_millis(500))).await;
    assert!(matches!(ended, Err(PeerError::Timeout { .. })));
    let attempts = upstream.hits() - before;
    assert!((2..=3).contains(&attempts), "{attempts} attempts of 200 ms in 500 ms");
}

#[tokio::test]
async fn a_breaker_that_opens_meanwhile_ends_the_retries_with_the_first_answer() {
    let upstream = Upstream::answering(OUTAGE).await;
    let peer = upstream.peer(|settings| {
        settings.breaker.streak = 6;
        settings.retry.max_retries = 3;
    });
    earn(&peer, 1).await;
    assert_eq!(peer.send(get("/"), &ample()).await.unwrap().status(), OUTAGE);
    assert_eq!(upstream.hits(), 6);
    assert!(matches!(peer.send(get("/"), &ample()).await, Err(PeerError::Open { .. })));
}

/// Two instances of which the one that is asked next hangs: the answer to one call.
async fn with_one_that_hangs(context: &CallContext) -> Result<StatusCode, PeerError> {
    let hangs = Arc::new(AtomicUsize::new(0));
    let start = || {
        let due = Arc::clone(&hangs);
        Upstream::start(move |_| {
            let hangs = due.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1)).is_ok();
            async move {
                if hangs {
                    std::future::pending::<()>().await;
                }
                Ok(answer(StatusCode::OK, ""))
            }
        })
    };
    let (one, other) = (start().await, start().await);
    let peer = peer_of(&format!("{},{}", one.origin(), other.origin()), |settings| {
        settings.breaker = never_opens();
        settings.attempt_timeout = Duration::from_secs(20);
        settings.breaker.probe_deadline = Duration::from_secs(30);
        settings.retry.max_retries = 1;
    });
    earn(&peer, 1).await;
    hangs.store(1, Ordering::Release);
    peer.send(get("/"), context).await.map(|answer| answer.status())
}

#[tokio::test]
async fn an_instance_that_hangs_leaves_time_for_another_where_the_caller_wants_that() {
    let halved = CallContext::within(Duration::from_secs(4)).halved();
    assert_eq!(with_one_that_hangs(&halved).await.unwrap(), StatusCode::OK);
    let whole = CallContext::within(Duration::from_secs(1));
    assert!(matches!(with_one_that_hangs(&whole).await, Err(PeerError::Timeout { .. })));
}
