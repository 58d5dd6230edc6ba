use std::time::Duration;

use http::{Method, StatusCode};
use http_body_util::BodyExt;
use peer::{CallContext, PeerError};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::script::Step;
use crate::upstream::{Upstream, ample, answer, scripted};

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    text: String,
}

#[tokio::test]
async fn a_post_sends_json_and_reads_json() {
    let upstream = Upstream::start(|request| async {
        assert_eq!(request.method(), Method::POST);
        assert_eq!(request.headers()["content-type"], "application/json");
        Ok(answer(StatusCode::OK, request.collect().await?.to_bytes()))
    })
    .await;
    let note = Note { text: "Leiter".to_owned() };
    let peer = upstream.peer(|_| {});
    let same: Note = peer.post("/notes", &ample()).json(&note).receive().await.unwrap();
    assert_eq!(same, note);
}

#[tokio::test]
async fn query_parameters_are_encoded() {
    let upstream = Upstream::start(|request| async move {
        Ok(answer(StatusCode::OK, json!({"text": request.uri().to_string()}).to_string()))
    })
    .await;
    let peer = upstream.peer(|_| {});
    let context = ample();
    let call = peer.get("/items", &context).query("q", "a&b=c d").query("limit", "20");
    let seen: Note = call.receive().await.unwrap();
    assert_eq!(seen.text, "/items?q=a%26b%3Dc+d&limit=20");
}

#[tokio::test]
async fn another_status_is_an_error_that_keeps_what_the_upstream_said() {
    let upstream = Upstream::start(|_| async {
        let mut refusal = answer(StatusCode::TOO_MANY_REQUESTS, r#"{"code":"busy"}"#);
        refusal.headers_mut().insert("retry-after", "7".parse()?);
        Ok(refusal)
    })
    .await;
    let peer = upstream.peer(|_| {});
    let error = peer.get("/", &ample()).receive::<Note>().await.unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::TOO_MANY_REQUESTS));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    assert!(error.is_retryable());
    let PeerError::Status { body, .. } = error else { panic!("{error:?}") };
    assert_eq!(body, r#"{"code":"busy"}"#);
}

#[tokio::test]
async fn an_answer_without_content_can_be_acknowledged() {
    let upstream = Upstream::answering(StatusCode::NO_CONTENT).await;
    let peer = upstream.peer(|_| {});
    peer.call(Method::DELETE, "/notes/1", &ample()).acknowledge().await.unwrap();
}

#[tokio::test]
async fn json_of_another_shape_is_no_answer_but_no_outage_either() {
    let upstream = Upstream::start(|_| async { Ok(answer(StatusCode::OK, r#"{"txt":1}"#)) }).await;
    let peer = upstream.peer(|_| {});
    let error = peer.get("/", &ample()).receive::<Note>().await.unwrap_err();
    assert!(matches!(error, PeerError::Unreadable { .. }), "{error:?}");
    assert!(!error.is_retryable());
    assert_eq!(peer.breaker().snapshot().window.failures, 0);
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let upstream = Upstream::start(|_| async { Ok(answer(StatusCode::OK, vec![b' '; 5 << 20])) }).await;
    let peer = upstream.peer(|_| {});
    let error = peer.get("/", &ample()).receive::<Note>().await.unwrap_err();
    assert!(matches!(error, PeerError::TooLarge { .. }), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_stalls_until_the_deadline_is_a_timeout_and_a_failure() {
    let upstream = Upstream::start(|_| async { Ok(scripted([Step::Data("{"), Step::Stall])) }).await;
    let peer = upstream.peer(|settings| settings.body_idle_timeout = Duration::from_secs(30));
    let context = CallContext::within(Duration::from_millis(300));
    let error = peer.get("/", &context).receive::<Note>().await.unwrap_err();
    assert!(matches!(error, PeerError::Timeout { .. }), "{error:?}");
    assert_eq!(peer.breaker().snapshot().window.failures, 1);
}

#[tokio::test]
async fn a_path_that_is_none_is_refused_before_anything_is_sent() {
    let upstream = Upstream::answering(StatusCode::OK).await;
    let peer = upstream.peer(|_| {});
    for path in ["/a b", "items", ""] {
        let error = peer.get(path, &ample()).acknowledge().await.unwrap_err();
        assert!(matches!(error, PeerError::InvalidRequest { .. }), "{path:?}: {error:?}");
    }
    assert_eq!(upstream.hits(), 0);
}
