//! Bodies that come slowly, or not at all.

use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::post;
use futures_util::StreamExt;
use service_kit::serve::{Deadline, Limits, deadline, uncancelled};
use tokio::io::AsyncWriteExt;

use crate::serve::{answer, read_all, start};

/// A POST that announces more of a body than it has.
const HALF: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\nhalf";

fn with_deadline(router: Router, limit: Duration) -> Router {
    router.layer(from_fn(uncancelled)).layer(from_fn_with_state(Deadline(limit), deadline))
}

#[tokio::test]
async fn a_client_that_falls_silent_within_its_body_is_refused_and_the_service_not_blamed() {
    let router = with_deadline(Router::new().route("/", post(read_all)), Duration::from_millis(100));
    let served = start(router, Limits::default()).await;
    let answer = served.ask(HALF).await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("did not arrive in time"), "{answer}");
}

#[tokio::test]
async fn a_handler_that_leaves_the_body_unread_is_itself_to_blame() {
    let router = with_deadline(Router::new().route("/", post(std::future::pending::<()>)), Duration::from_millis(50));
    let served = start(router, Limits::default()).await;
    let mut stream = served.connect().await;
    stream.write_all(HALF.as_bytes()).await.unwrap();
    assert!(answer(&mut stream, "}").await.starts_with("HTTP/1.1 503"));
}

#[tokio::test(start_paused = true)]
async fn a_handler_has_its_whole_time_after_the_last_piece_of_the_body() {
    async fn slow(body: axum::body::Bytes) -> String {
        tokio::time::sleep(Duration::from_millis(700)).await;
        body.len().to_string()
    }
    let pieces = futures_util::stream::iter(["one", "two", "three"]).then(|piece| async move {
        tokio::time::sleep(Duration::from_millis(900)).await;
        Ok::<_, std::io::Error>(piece)
    });
    let router = with_deadline(Router::new().route("/", post(slow)), Duration::from_secs(1));
    let request = http::Request::post("/").body(axum::body::Body::from_stream(pieces)).unwrap();
    let answer = tower::ServiceExt::oneshot(router, request).await.unwrap();
    assert_eq!(answer.status(), 200);
}
