//! Bytes that two readers could take for different requests: each is refused, or is one request for everybody.

use crate::support::{Origin, ask, before};

/// What is to become of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Refused before any service sees anything.
    Refused,
    /// One request, and this is its body.
    One(&'static str),
}

use Fate::{One, Refused};

/// The bytes after `POST /api/v1/auth/login HTTP/1.1` and a `Host`; if a second request is hidden in them, it is for
/// `/api/v1/auth/hidden`.
const CORPUS: [(&str, &str, Fate); 28] = [
    ("two lengths", "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", Refused),
    ("two lengths in a list", "Content-Length: 3, 4\r\n\r\nabcd", Refused),
    ("a length with a sign", "Content-Length: +3\r\n\r\nabc", Refused),
    ("a negative length", "Content-Length: -1\r\n\r\nabc", Refused),
    ("a length in hexadecimal", "Content-Length: 0x3\r\n\r\nabc", Refused),
    ("a length that overflows", "Content-Length: 18446744073709551619\r\n\r\nabc", Refused),
    ("a length of two words", "Content-Length: 3 4\r\n\r\nabcd", Refused),
    ("an empty length", "Content-Length: \r\n\r\nabc", Refused),
    ("an unknown coding", "Transfer-Encoding: gzip\r\n\r\nabc", Refused),
    ("a coding after chunked", "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", Refused),
    ("a coding below chunked", "Transfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", Refused),
    ("chunked twice", "Transfer-Encoding: chunked, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", Refused),
    ("two lines", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Refused),
    ("identity first", "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Refused),
    ("a misspelt coding", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", Refused),
    ("a coding behind a vertical tab", "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", Refused),
    ("a space before the colon", "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", Refused),
    ("a folded line", "X: a\r\n b\r\nContent-Length: 3\r\n\r\nabc", Refused),
    ("a folded coding", "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", Refused),
    ("NUL in a value", "X: a\0b\r\nContent-Length: 3\r\n\r\nabc", Refused),
    ("a line without a colon", "GET /api/v1/auth/hidden HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", Refused),
    ("an empty name", ": a\r\nContent-Length: 3\r\n\r\nabc", Refused),
    ("a name in brackets", "[X]: a\r\nContent-Length: 3\r\n\r\nabc", Refused),
    ("a bare carriage return", "X: a\rContent-Length: 0\r\nContent-Length: 3\r\n\r\nabc", Refused),
    ("the same length twice", "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", One("abc")),
    ("another case", "TRANSFER-ENCODING: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", One("abc")),
    ("a chunk extension", "Transfer-Encoding: chunked\r\n\r\n3;x=\"y\"\r\nabc\r\n0\r\n\r\n", One("abc")),
    ("a trailer", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-User-Id: 1\r\n\r\n", One("abc")),
];

#[tokio::test]
async fn every_oddity_is_refused_or_one_request_for_everybody() {
    for (name, rest, fate) in CORPUS {
        let origin = Origin::saying(&[], "x").await;
        let gateway = before(&origin).await;
        let bytes = format!("POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{rest}");
        let answer = ask(gateway.address, bytes).await;
        let seen = origin.seen();
        match fate {
            Refused => {
                assert!(answer.starts_with("HTTP/1.1 400"), "{name}: {answer}");
                assert!(seen.iter().all(|seen| seen.body.is_empty()), "{name}: {seen:?}");
            }
            One(body) => {
                assert!(answer.starts_with("HTTP/1.1 200"), "{name}: {answer}");
                assert_eq!(seen.len(), 1, "{name}: {seen:?}");
                assert_eq!(seen[0].body, body, "{name}");
                assert_eq!(seen[0].header("x-user-id"), None, "{name}");
            }
        }
        assert!(seen.iter().all(|seen| seen.target == "/api/v1/auth/login"), "{name}: {seen:?}");
    }
}

/// Chunks that end in a way that readers are known to disagree on; what follows must not become a request.
#[tokio::test]
async fn a_body_that_is_not_in_order_ends_the_connection() {
    let hidden = "GET /api/v1/auth/hidden HTTP/1.1\r\nHost: a\r\n\r\n";
    for (name, body) in [
        ("a size with a sign", "+3\r\nabc\r\n0\r\n\r\n"),
        ("a size that overflows", "10000000000000003\r\nabc\r\n0\r\n\r\n"),
        ("a size that is none", "g\r\nabc\r\n0\r\n\r\n"),
        ("more than the size says", "3\r\nabcd\r\n0\r\n\r\n"),
        ("a size in prefix form", "0x3\r\nabc\r\n0\r\n\r\n"),
    ] {
        let origin = Origin::saying(&[], "x").await;
        let gateway = before(&origin).await;
        let head = "POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        let answer = ask(gateway.address, format!("{head}{body}{hidden}")).await;
        assert!(origin.seen().iter().all(|seen| seen.target == "/api/v1/auth/login"), "{name}: {:?}", origin.seen());
        assert!(!answer.contains("HTTP/1.1 200"), "{name}: {answer}");
    }
}

#[tokio::test]
async fn an_http_1_0_request_has_no_chunks() {
    let origin = Origin::saying(&[], "x").await;
    let gateway = before(&origin).await;
    let bytes = "POST /api/v1/auth/login HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\
                 GET /api/v1/auth/hidden HTTP/1.1\r\nHost: a\r\n\r\n";
    let _answer = ask(gateway.address, bytes).await;
    assert!(origin.seen().iter().all(|seen| seen.target != "/api/v1/auth/hidden"), "{:?}", origin.seen());
}

#[tokio::test]
async fn no_address_of_the_authority_form_is_passed_on() {
    let origin = Origin::saying(&[("cache-control", "max-age=60")], "x").await;
    let gateway = before(&origin).await;
    for target in ["lend.example:80", "//lend.example/api/v1/items", "http://", "http:/api/v1/items", "*"] {
        let answer =
            ask(gateway.address, format!("GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 40"), "{target}: {answer}");
    }
    // The absolute form is one of a path that is never routed.
    let absolute = "GET http://a/internal/v1/events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    assert!(ask(gateway.address, absolute).await.starts_with("HTTP/1.1 404"));
    assert_eq!(origin.count(), 0);
}
