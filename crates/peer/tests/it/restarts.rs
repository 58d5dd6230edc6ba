use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{Request, StatusCode};
use peer::balance::InstanceState;
use peer::{Peer, RequestBody};
use tokio::task::JoinSet;

use crate::upstream::{Upstream, ample, answer, get, peer_of};

/// A service that says when it is about to stop.
struct Service {
    upstream: Upstream,
    ready: Arc<AtomicBool>,
}

impl Service {
    async fn start_at(address: std::net::SocketAddr) -> Self {
        let ready = Arc::new(AtomicBool::new(true));
        let asked = Arc::clone(&ready);
        let upstream = Upstream::start_at(address, move |request| {
            let is_ready = request.uri().path() != "/readyz" || asked.load(Ordering::Acquire);
            async move {
                tokio::time::sleep(Duration::from_millis(2)).await;
                Ok(answer(if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, "done"))
            }
        })
        .await;
        Self { upstream, ready }
    }
}

async fn until(peer: &Peer, origin: &str, is: impl Fn(&peer::balance::InstanceSnapshot) -> bool) {
    let reached = async {
        while !peer.snapshot().instances.iter().any(|instance| instance.address == origin && is(instance)) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), reached).await.expect("the instance never came to this");
}

fn spawn_callers(peer: &Peer, stop: &Arc<AtomicBool>) -> JoinSet<(usize, usize)> {
    let mut callers = JoinSet::new();
    for caller in 0..8 {
        let (peer, stop) = (peer.clone(), Arc::clone(stop));
        callers.spawn(async move {
            let (mut calls, mut failed) = (0, 0);
            while !stop.load(Ordering::Acquire) {
                let write = Request::post("/").body(RequestBody::full("a write")).unwrap();
                let request = if caller % 2 == 0 { get("/") } else { write };
                let ended = peer.send(request, &ample()).await;
                calls += 1;
                failed += usize::from(!ended.is_ok_and(|answer| answer.status().is_success()));
                // A refusal takes no time at all, and the others would never get on.
                tokio::task::yield_now().await;
            }
            (calls, failed)
        });
    }
    callers
}

/// Restarts three instances one after the other, as often as `restarts` says; returns calls and failed calls meanwhile. `considerate` is whether
/// they say so before they stop.
async fn restart_all(restarts: usize, considerate: bool) -> (usize, usize) {
    let mut services = Vec::new();
    for _ in 0..3 {
        services.push(Service::start_at("127.0.0.1:0".parse().unwrap()).await);
    }
    let addresses = services.iter().map(|service| service.upstream.origin()).collect::<Vec<_>>().join(",");
    let peer = peer_of(&addresses, |settings| {
        settings.retry.max_retries = 0;
        settings.balance.slow_start = Duration::from_millis(100);
        if let Some(check) = &mut settings.balance.check {
            check.every = Duration::from_millis(20);
        }
    });
    tokio::spawn(peer.watch());
    let stop = Arc::new(AtomicBool::new(false));
    let mut callers = spawn_callers(&peer, &stop);
    for _ in 0..restarts {
        let service = services.remove(0);
        let origin = service.upstream.origin();
        service.upstream.hit(20).await;
        if considerate {
            service.ready.store(false, Ordering::Release);
            until(&peer, &origin, |instance| instance.state == InstanceState::NotReady && instance.in_flight == 0)
                .await;
        }
        let address = service.upstream.stop().await;
        let again = Service::start_at(address).await;
        until(&peer, &origin, |instance| instance.state == InstanceState::Ready).await;
        services.push(again);
    }
    stop.store(true, Ordering::Release);
    let mut sum = (0, 0);
    while let Some(counted) = callers.join_next().await {
        let (calls, failed) = counted.unwrap();
        sum = (sum.0 + calls, sum.1 + failed);
    }
    sum
}

#[tokio::test]
async fn instances_that_restart_one_at_a_time_fail_no_request() {
    let (calls, failed) = restart_all(6, true).await;
    assert!(calls > 100, "{calls}");
    assert_eq!(failed, 0, "of {calls}");
}

#[tokio::test]
async fn instances_that_stop_without_a_word_break_what_they_were_doing() {
    // One that happens to have nothing in hand just then breaks nothing.
    for _ in 0..100 {
        if restart_all(1, false).await.1 > 0 {
            return;
        }
    }
    panic!("the requests above were not in danger");
}
