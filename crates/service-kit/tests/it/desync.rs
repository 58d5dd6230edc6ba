//! What a service says stays what a client reads, whatever it looks like.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::Response;
use axum::routing::get;
use futures_util::{StreamExt, stream};
use service_kit::serve::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::serve::start;

#[tokio::test]
async fn a_piece_of_an_answer_that_looks_like_a_refusal_stays_as_it_is() {
    const PIECE: &str = "HTTP/1.1 400 Bad Request\r\n\r\n";
    let pieces = || async {
        let pieces = stream::iter(["some text", PIECE]).then(|piece| async move {
            // Each goes out by itself.
            tokio::time::sleep(Duration::from_millis(50)).await;
            Ok::<_, Infallible>(Bytes::from_static(piece.as_bytes()))
        });
        let length = "some text".len() + PIECE.len();
        Response::builder().header("content-length", length).body(Body::from_stream(pieces)).unwrap()
    };
    let served = start(Router::new().route("/", get(pieces)), Limits::default()).await;
    let mut stream = served.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n").await.unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.unwrap();
    let (_, body) = answers.split_once("\r\n\r\n").unwrap();
    let refusal = body.strip_prefix(&format!("some text{PIECE}")).unwrap_or_else(|| panic!("{answers}"));
    // Hyper's own refusal of what followed is replaced as ever.
    assert!(refusal.starts_with("HTTP/1.1 400") && refusal.contains("application/problem+json"), "{refusal}");
}
