use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use http::{Request, StatusCode};
use peer::balance::{InstanceReason, InstanceState};
use peer::breaker::BreakerState;
use peer::{Peer, RequestBody};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::script::{Script, Step};
use crate::upstream::{Upstream, ample, answer, get, peer_of};

const CALLERS: usize = 8;

fn of(upstreams: &[&Upstream]) -> String {
    upstreams.iter().map(|upstream| upstream.origin()).collect::<Vec<_>>().join(",")
}

/// Calls and failures of callers that go on until `time` is over.
async fn load(peer: &Peer, time: Duration) -> (usize, usize) {
    let (calls, failures) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let until = Instant::now() + time;
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (peer, calls, failures) = (peer.clone(), Arc::clone(&calls), Arc::clone(&failures));
        callers.spawn(async move {
            while Instant::now() < until {
                calls.fetch_add(1, Ordering::Relaxed);
                let ended = peer.send(get("/"), &ample()).await;
                let failed = ended.is_err() || ended.is_ok_and(|answer| !answer.status().is_success());
                failures.fetch_add(usize::from(failed), Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        });
    }
    while callers.join_next().await.is_some() {}
    (calls.load(Ordering::Relaxed), failures.load(Ordering::Relaxed))
}

async fn under_one_percent_with(bad: Upstream) {
    let (one, two) = (Upstream::answering(StatusCode::OK).await, Upstream::answering(StatusCode::OK).await);
    let peer = peer_of(&of(&[&bad, &one, &two]), |settings| settings.retry.max_retries = 1);
    // Long enough to include an attempt that times out and the first return of what was ejected.
    load(&peer, Duration::from_secs(2)).await;
    let (calls, failures) = load(&peer, Duration::from_secs(4)).await;
    assert!(calls > 100, "{calls}");
    assert!(failures * 100 < calls, "{failures} of {calls} failed");
    assert_eq!(peer.breaker().state(), BreakerState::Closed, "one instance is not the upstream");
    assert!(bad.hits() > 0 && one.hits() > 10 && two.hits() > 10);
}

#[tokio::test]
async fn one_instance_of_three_that_fails_is_soon_not_noticed() {
    under_one_percent_with(Upstream::answering(StatusCode::INTERNAL_SERVER_ERROR).await).await;
}

#[tokio::test]
async fn one_instance_of_three_that_hangs_is_soon_not_noticed() {
    under_one_percent_with(Upstream::silent().await).await;
}

#[tokio::test]
async fn a_single_instance_that_fails_is_noticed() {
    let bad = Upstream::answering(StatusCode::INTERNAL_SERVER_ERROR).await;
    let peer = peer_of(&bad.origin(), |_| ());
    let (calls, failures) = load(&peer, Duration::from_millis(100)).await;
    assert_eq!(calls, failures, "there is nobody else to ask");
    assert_eq!(peer.snapshot().instances[0].state, InstanceState::Ready, "a single one is never ejected");
}

#[tokio::test]
async fn instances_that_are_all_out_get_at_most_a_fifth_more_attempts() {
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(Upstream::answering(StatusCode::SERVICE_UNAVAILABLE).await);
    }
    let peer = peer_of(&of(&all.iter().collect::<Vec<_>>()), |settings| {
        settings.breaker = crate::upstream::never_opens();
        settings.retry.max_retries = 3;
        settings.retry.pause = Duration::from_millis(1);
    });
    for _ in 0..300 {
        peer.send(get("/"), &ample()).await.unwrap();
    }
    let attempts: usize = all.iter().map(Upstream::hits).sum();
    assert!((301..=360).contains(&attempts), "{attempts} attempts of 300 requests");
}

#[tokio::test]
async fn a_retry_goes_to_another_instance() {
    let fails = Arc::new(AtomicBool::new(false));
    let now = Arc::clone(&fails);
    let bad = Upstream::start(move |_| {
        let fails = now.load(Ordering::Acquire);
        async move { Ok(answer(if fails { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }, "")) }
    })
    .await;
    let good = Upstream::answering(StatusCode::OK).await;
    let peer = peer_of(&of(&[&bad, &good]), |settings| settings.retry.max_retries = 1);
    // Retries are earned by calls.
    for _ in 0..20 {
        peer.send(get("/"), &ample()).await.unwrap();
    }
    fails.store(true, Ordering::Release);
    let before = bad.hits();
    while bad.hits() == before {
        assert_eq!(peer.send(get("/"), &ample()).await.unwrap().status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn what_reached_nobody_is_sent_elsewhere_even_a_streamed_write() {
    let gone = Upstream::answering(StatusCode::OK).await;
    let there = Upstream::start(|request| async move {
        let body = http_body_util::BodyExt::collect(request.into_body()).await?.to_bytes();
        Ok(answer(StatusCode::OK, body))
    })
    .await;
    let peer = peer_of(&of(&[&gone, &there]), |settings| settings.balance.check = None);
    gone.stop().await;
    for _ in 0..20 {
        let body = RequestBody::stream(Script::new([Step::Data("once"), Step::Data(" only")]));
        let request = Request::post("/").body(body).unwrap();
        let answer = peer.send(request, &ample()).await.unwrap();
        let body = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap().to_bytes();
        assert_eq!(body, "once only");
    }
    assert_eq!(there.hits(), 20);
    let gone = &peer.snapshot().instances[0];
    assert!(gone.window.failures > 0, "it was tried: {gone:?}");
}

#[tokio::test]
async fn operators_see_why_an_instance_gets_no_calls() {
    let bad = Upstream::answering(StatusCode::INTERNAL_SERVER_ERROR).await;
    let good = Upstream::answering(StatusCode::OK).await;
    let peer = peer_of(&of(&[&bad, &good]), |settings| settings.balance.eject_after = 1);
    while peer.snapshot().instances[0].state != InstanceState::Ejected {
        load(&peer, Duration::from_millis(20)).await;
    }
    let json = serde_json::to_value(peer.snapshot()).unwrap();
    let instance = &json["instances"][0];
    assert_eq!(instance["address"], bad.origin());
    assert_eq!((&instance["state"], &instance["reason"]["kind"]), (&"ejected".into(), &"streak".into()));
    assert_eq!(instance["history"][0]["reason"]["kind"], "found");
    assert!(instance["returns_in_ms"].as_u64().unwrap() <= 5_000);
    assert_eq!((&json["breaker"], &json["called"], &json["panic"]), (&"closed".into(), &true.into(), &false.into()));
    assert!(matches!(peer.snapshot().instances[0].reason, InstanceReason::Streak { .. }));
}
