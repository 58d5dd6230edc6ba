use std::time::Duration;

use http::StatusCode;
use peer::breaker::{BreakerState, Reason};
use peer::{Peer, PeerError};

use crate::upstream::{Upstream, ample, answer, get};

/// Asks until `enough` says so; a test that never gets there fails by its own time limit.
async fn ask_until(peer: &Peer, enough: impl Fn(&Result<StatusCode, PeerError>) -> bool) {
    let asking = async {
        loop {
            let ended = peer.send(get("/"), &ample()).await.map(|answer| answer.status());
            if enough(&ended) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), asking).await.expect("it never came to this");
}

#[tokio::test]
async fn an_upstream_that_stops_is_left_alone_and_used_again_when_it_returns() {
    let upstream = Upstream::answering(StatusCode::OK).await;
    let peer = upstream.peer(|settings| {
        settings.breaker.open_first = Duration::from_millis(20);
        settings.breaker.open_longest = Duration::from_millis(40);
    });
    ask_until(&peer, |ended| matches!(ended, Ok(StatusCode::OK))).await;

    let address = upstream.stop().await;
    ask_until(&peer, |ended| matches!(ended, Err(PeerError::Open { .. }))).await;
    assert_ne!(peer.breaker().state(), BreakerState::Closed);

    let returned = Upstream::start_at(address, |_| async { Ok(answer(StatusCode::OK, "")) }).await;
    ask_until(&peer, |_| peer.breaker().state() == BreakerState::Closed).await;
    assert_eq!(peer.breaker().snapshot().reason, Reason::ProbesSucceeded);
    ask_until(&peer, |ended| matches!(ended, Ok(StatusCode::OK))).await;
    assert!(returned.hits() > 0);
}

#[tokio::test]
async fn probes_whose_callers_hang_up_do_not_keep_it_from_recovering() {
    let upstream = Upstream::answering(StatusCode::INTERNAL_SERVER_ERROR).await;
    let peer = upstream.peer(|settings| {
        settings.attempt_timeout = Duration::from_secs(10);
        settings.breaker.open_first = Duration::from_millis(1);
        settings.breaker.open_longest = Duration::from_millis(1);
    });
    ask_until(&peer, |ended| matches!(ended, Err(PeerError::Open { .. }))).await;
    let address = upstream.stop().await;

    let hung = Upstream::start_at(address, |_| std::future::pending()).await;
    for hit in 1..=20 {
        let calling = peer.clone();
        let call = tokio::spawn(async move { ask_until(&calling, |_| false).await });
        hung.hit(hit).await;
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
    }
    hung.stop().await;

    let _well = Upstream::start_at(address, |_| async { Ok(answer(StatusCode::OK, "")) }).await;
    ask_until(&peer, |_| peer.breaker().state() == BreakerState::Closed).await;
}
