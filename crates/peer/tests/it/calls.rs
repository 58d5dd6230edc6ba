use std::time::Duration;

use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use peer::breaker::{BreakerState, Reason};
use peer::{CallContext, Credential, PeerError, REQUEST_TIMEOUT_MS, RequestBody};
use tokio::net::TcpListener;

use crate::upstream::{Upstream, ample, answer, get, never_opens, peer_at};

/// Answers with the request's own target, headers and body.
async fn mirror() -> Upstream {
    Upstream::start(|request| async move {
        let target = request.uri().to_string();
        let headers = request.headers().clone();
        let body = request.collect().await?.to_bytes();
        let mut mirrored = answer(StatusCode::OK, body);
        mirrored.headers_mut().insert("x-target", target.parse()?);
        for (name, value) in &headers {
            mirrored.headers_mut().insert(format!("x-seen-{name}").parse::<http::HeaderName>()?, value.clone());
        }
        Ok(mirrored)
    })
    .await
}

async fn failures_after_one_call(upstream: &Upstream) -> (Result<StatusCode, PeerError>, u32) {
    let peer = upstream.peer(|_| {});
    let ended = peer.send(get("/"), &ample()).await.map(|answer| answer.status());
    (ended, peer.breaker().snapshot().window.failures)
}

#[tokio::test]
async fn every_status_is_passed_on_and_only_5xx_and_429_count_as_failures() {
    for (status, failures) in [(200, 0), (302, 0), (404, 0), (408, 0), (429, 1), (500, 1), (503, 1)] {
        let status = StatusCode::from_u16(status).unwrap();
        let upstream = Upstream::answering(status).await;
        let (ended, counted) = failures_after_one_call(&upstream).await;
        assert_eq!((ended.unwrap(), counted), (status, failures));
    }
}

#[tokio::test]
async fn a_service_that_misses_another_one_is_well_itself() {
    for (said, failures) in
        [("inventory; error=destination_unavailable", 0), ("inventory; error=connection_timeout", 1)]
    {
        let upstream = Upstream::start(move |_| async move {
            let mut answer = answer(StatusCode::SERVICE_UNAVAILABLE, "");
            answer.headers_mut().insert(peer::PROXY_STATUS, http::HeaderValue::from_static(said));
            Ok(answer)
        });
        let (ended, counted) = failures_after_one_call(&upstream.await).await;
        assert_eq!((ended.unwrap(), counted), (StatusCode::SERVICE_UNAVAILABLE, failures), "{said}");
    }
}

#[tokio::test]
async fn silence_is_a_timeout_and_a_failure() {
    let upstream = Upstream::silent().await;
    let (ended, failures) = failures_after_one_call(&upstream).await;
    assert!(matches!(ended, Err(PeerError::Timeout { .. })), "{ended:?}");
    assert_eq!(failures, 1);
}

#[tokio::test]
async fn a_broken_connection_is_a_failure() {
    let upstream = Upstream::start(|_| async { Err("no answer".into()) }).await;
    let (ended, failures) = failures_after_one_call(&upstream).await;
    assert!(matches!(ended, Err(PeerError::Broken { .. })), "{ended:?}");
    assert_eq!(failures, 1);
}

#[tokio::test]
async fn a_reset_is_a_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = peer_at(listener.local_addr().unwrap(), |_| {});
    let reset = async {
        let (stream, _) = listener.accept().await.unwrap();
        stream.readable().await.unwrap();
        // Closed with bytes unread, a socket answers with a reset.
        drop(stream);
    };
    let (request, context) = (get("/"), ample());
    let (ended, ()) = tokio::join!(peer.send(request, &context), reset);
    assert!(matches!(ended, Err(PeerError::Broken { .. })), "{ended:?}");
    assert_eq!(peer.breaker().snapshot().window.failures, 1);
}

#[tokio::test]
async fn nobody_listening_is_a_failure_with_nothing_sent() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let peer = peer_at(address, |_| {});
    let error = peer.send(get("/"), &ample()).await.unwrap_err();
    assert!(matches!(error, PeerError::Connect { .. }), "{error:?}");
    assert!(error.nothing_was_sent() && error.is_retryable());
    assert_eq!(peer.breaker().snapshot().window.failures, 1);
}

#[tokio::test]
async fn a_hang_up_is_no_verdict() {
    let upstream = Upstream::silent().await;
    let peer = upstream.peer(|settings| settings.attempt_timeout = Duration::from_secs(10));
    for hit in 1..=10 {
        let calling = peer.clone();
        let call = tokio::spawn(async move { calling.send(get("/"), &ample()).await.map(drop) });
        upstream.hit(hit).await;
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
    }
    assert_eq!(peer.breaker().snapshot().window.calls, 0);
}

#[tokio::test]
async fn a_caller_in_a_hurry_says_nothing_about_the_upstream() {
    let upstream = Upstream::silent().await;
    let peer = upstream.peer(|settings| settings.attempt_timeout = Duration::from_secs(20));
    let hurry = CallContext::within(Duration::from_millis(20));
    assert!(matches!(peer.send(get("/"), &hurry).await, Err(PeerError::Timeout { .. })));
    assert_eq!(peer.breaker().snapshot().window.calls, 0);
}

#[tokio::test]
async fn a_deadline_that_cuts_off_the_end_of_an_attempt_hides_no_outage() {
    let upstream = Upstream::silent().await;
    let peer = upstream.peer(|_| {});
    let nearly_all = CallContext::within(Duration::from_millis(190));
    assert!(matches!(peer.send(get("/"), &nearly_all).await, Err(PeerError::Timeout { .. })));
    assert_eq!(peer.breaker().snapshot().window.failures, 1);
}

#[tokio::test]
async fn a_call_whose_time_is_over_is_not_made() {
    let upstream = Upstream::answering(StatusCode::OK).await;
    let peer = upstream.peer(|_| {});
    let over = CallContext::within(Duration::ZERO);
    assert!(matches!(peer.send(get("/"), &over).await, Err(PeerError::Timeout { .. })));
    assert_eq!(upstream.hits(), 0);
}

#[tokio::test]
async fn an_open_breaker_refuses_without_asking_and_says_when_to_come_back() {
    let upstream = Upstream::answering(StatusCode::INTERNAL_SERVER_ERROR).await;
    let peer = upstream.peer(|settings| settings.breaker.streak = 3);
    for _ in 0..3 {
        peer.send(get("/"), &ample()).await.unwrap();
    }
    let error = peer.send(get("/"), &ample()).await.unwrap_err();
    assert!(error.retry_after().unwrap() <= Duration::from_secs(1));
    assert!(matches!(error, PeerError::Open { .. }));
    assert_eq!(upstream.hits(), 3);
    assert_eq!(peer.breaker().snapshot().reason, Reason::Streak { failures: 3 });
    assert_eq!(peer.breaker().state(), BreakerState::Open);
}

#[tokio::test]
async fn slow_answers_open_the_breaker() {
    let upstream = Upstream::start(|_| async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok(answer(StatusCode::OK, ""))
    })
    .await;
    let peer = upstream.peer(|settings| {
        settings.attempt_timeout = Duration::from_secs(10);
        settings.breaker.slow_after = Duration::from_millis(10);
        settings.breaker.minimum_calls = 3;
    });
    for _ in 0..3 {
        peer.send(get("/"), &ample()).await.unwrap();
    }
    assert_eq!(peer.breaker().snapshot().reason, Reason::SlowRate { calls: 3, slow: 3 });
}

#[tokio::test]
async fn trace_request_id_and_remaining_time_travel_along() {
    let upstream = mirror().await;
    let peer = upstream.peer(|_| {});
    let serving = HeaderMap::from_iter([
        ("x-request-id".parse().unwrap(), "r-1".parse().unwrap()),
        ("traceparent".parse().unwrap(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse().unwrap()),
        ("cookie".parse().unwrap(), "session=secret".parse().unwrap()),
        (REQUEST_TIMEOUT_MS, "150".parse().unwrap()),
    ]);
    let context = CallContext::serving(&serving, Duration::from_secs(5));
    let answer = peer.send(get("/"), &context).await.unwrap();
    let seen = answer.headers();
    assert_eq!(seen["x-seen-x-request-id"], "r-1");
    assert_eq!(seen["x-seen-traceparent"], serving["traceparent"]);
    assert!(!seen.contains_key("x-seen-cookie"));
    let left: u64 = seen["x-seen-x-request-timeout-ms"].to_str().unwrap().parse().unwrap();
    assert!(left <= 150, "{left} ms");
}

#[tokio::test]
async fn target_body_and_the_caller_s_headers_arrive_and_the_peer_s_credential_wins() {
    let upstream = mirror().await;
    let peer = upstream.peer(|settings| settings.credential = Some(Credential::bearer("s3cret").unwrap()));
    let request = Request::post("/items?q=a%20b&q='c'")
        .header("authorization", "Bearer somebody-else")
        .header("x-custom", "kept")
        .body(RequestBody::full("hello"))
        .unwrap();
    let answer = peer.send(request, &ample()).await.unwrap();
    assert_eq!(answer.headers()["x-target"], "/items?q=a%20b&q='c'");
    assert_eq!(answer.headers()["x-seen-authorization"], "Bearer s3cret");
    assert_eq!(answer.headers()["x-seen-x-custom"], "kept");
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "hello");
    assert!(!format!("{peer:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_path_that_would_change_on_the_way_is_refused() {
    let upstream = mirror().await;
    let peer = upstream.peer(|settings| settings.breaker = never_opens());
    for path in ["/api/../internal", "/api/%2e%2e/internal", "/api/.%2E/internal", "/a/./b", "/a\\b", "*"] {
        let Ok(uri) = path.parse::<http::Uri>() else { continue };
        let mut request = get("/");
        *request.uri_mut() = uri;
        let ended = peer.send(request, &ample()).await;
        assert!(matches!(ended, Err(PeerError::InvalidRequest { .. })), "{path}: {ended:?}");
    }
    assert_eq!(upstream.hits(), 0);
}

#[test]
fn a_base_that_is_no_plain_origin_is_refused_by_name() {
    let http = peer::http_client(Duration::from_secs(1)).unwrap();
    for base in ["https://inventory:8082", "http://inventory/api", "http://inventory/?a=b", "file:///tmp"] {
        let settings = peer::PeerSettings::new("inventory", base.parse().unwrap());
        let error = peer::Peer::new(settings, http.clone(), 7).unwrap_err().to_string();
        assert!(error.starts_with("upstream inventory: "), "{error}");
    }
}

#[test]
fn a_credential_that_no_header_can_hold_is_refused() {
    for secret in ["", "two words", "line\nbreak", "größe"] {
        assert!(Credential::bearer(secret).is_err(), "{secret:?}");
    }
}
