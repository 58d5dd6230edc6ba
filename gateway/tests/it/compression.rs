use reqwest::Method;
use test_kit::http::{Answer, send};

use crate::support::{Gateway, Origin, before, reply};

async fn ask(gateway: &Gateway, path: &str, accepted: &str) -> Answer {
    send(gateway.client.request(Method::GET, path).header("accept-encoding", accepted)).await.expect(200)
}

/// A list of items: it has no version, and the same letters again and again.
async fn lists() -> Origin {
    Origin::start(|seen| async move {
        let body = "{\"name\":\"Ladder\"},".repeat(200);
        let tag = if seen.target.ends_with("versioned") { "\"3\"" } else { "W/\"a\"" };
        reply(200, &[("content-type", "application/json"), ("cache-control", "max-age=60"), ("etag", tag)], body)
    })
    .await
}

#[tokio::test]
async fn stored_text_is_sent_in_the_form_a_client_takes() {
    let origin = lists().await;
    let gateway = before(&origin).await;
    let whole = ask(&gateway, "/api/v1/items", "identity").await;
    assert_eq!((whole.header("content-encoding"), whole.header("vary")), (None, Some("accept-encoding")));
    for (accepted, coding) in [("gzip, deflate, br", "br"), ("gzip", "gzip")] {
        let short = ask(&gateway, "/api/v1/items", accepted).await;
        assert_eq!((short.header("content-encoding"), short.header("vary")), (Some(coding), Some("accept-encoding")));
        assert!(short.body.len() < whole.body.len() / 4, "{} of {}", short.body.len(), whole.body.len());
        assert_eq!(short.header("content-length"), Some(short.body.len().to_string().as_str()));
        assert_eq!(short.header("etag"), Some("W/\"a\""));
    }
    assert_eq!(origin.count(), 1, "one answer for all of them");
    let known = gateway.client.request(Method::GET, "/api/v1/items").header("if-none-match", "W/\"a\"");
    let known = send(known.header("accept-encoding", "gzip")).await.expect(304);
    assert_eq!((known.header("content-encoding"), known.header("vary")), (None, Some("accept-encoding")));
}

#[tokio::test]
async fn what_a_strong_tag_names_stays_as_it_is() {
    let origin = lists().await;
    let gateway = before(&origin).await;
    for _from_the_service_then_from_memory in 0..2 {
        let answer = ask(&gateway, "/api/v1/items/versioned", "br, gzip").await;
        assert_eq!((answer.header("content-encoding"), answer.header("vary")), (None, None));
        assert_eq!(answer.header("etag"), Some("\"3\""));
    }
}

#[tokio::test]
async fn what_is_somebodys_own_is_not_compressed() {
    let origin = lists().await;
    let gateway = before(&origin).await;
    let own = gateway.client.request(Method::GET, "/api/v1/items").header("authorization", "Bearer x");
    let own = send(own.header("accept-encoding", "gzip")).await.expect(200);
    assert_eq!(own.header("content-encoding"), None, "its length could betray a secret");
}
