use reqwest::Method;
use test_kit::http::{Answer, send};

use crate::support::{Gateway, Origin, before};

const PHOTO: &[(&str, &str)] = &[("cache-control", "max-age=60"), ("etag", "\"1\"")];

async fn ask(gateway: &Gateway, method: Method, headers: &[(&str, &str)]) -> Answer {
    let request = gateway.client.request(method, "/api/v1/photos/1");
    send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

#[tokio::test]
async fn a_part_is_cut_from_the_stored_whole() {
    let origin = Origin::saying(PHOTO, "0123456789").await;
    let gateway = before(&origin).await;
    for _from_upstream_then_from_memory in 0..2 {
        let part = ask(&gateway, Method::GET, &[("range", "bytes=2-4")]).await.expect(206);
        assert_eq!(part.body, b"234");
        assert_eq!(part.header("content-range"), Some("bytes 2-4/10"));
        assert_eq!(part.header("content-length"), Some("3"));
        assert_eq!(part.header("etag"), Some("\"1\""));
    }
    assert_eq!(origin.count(), 1);
    assert_eq!(origin.seen()[0].header("range"), None, "the whole was asked for");
}

#[tokio::test]
async fn whoever_has_an_old_part_gets_the_whole() {
    let origin = Origin::saying(PHOTO, "0123456789").await;
    let gateway = before(&origin).await;
    let current = ask(&gateway, Method::GET, &[("range", "bytes=8-"), ("if-range", "\"1\"")]).await.expect(206);
    assert_eq!(current.body, b"89");
    let old = ask(&gateway, Method::GET, &[("range", "bytes=8-"), ("if-range", "\"0\"")]).await.expect(200);
    assert_eq!(old.body, b"0123456789");
    assert_eq!(old.header("content-range"), None);
}

#[tokio::test]
async fn a_part_beyond_the_end_is_refused_with_the_length() {
    let origin = Origin::saying(PHOTO, "0123456789").await;
    let gateway = before(&origin).await;
    let beyond = ask(&gateway, Method::GET, &[("range", "bytes=10-")]).await.expect(416);
    assert_eq!(beyond.header("content-range"), Some("bytes */10"));
    assert!(beyond.body.is_empty());
    ask(&gateway, Method::HEAD, &[("range", "bytes=0-1")]).await.expect(200);
    let known = ask(&gateway, Method::GET, &[("range", "bytes=0-1"), ("if-none-match", "\"1\"")]).await;
    known.expect(304);
}
