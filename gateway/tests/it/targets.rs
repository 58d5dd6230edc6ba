use crate::support::{Origin, Seen, ask, before, before_both, configured, reply};

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: lend.example\r\nConnection: close\r\n\r\n")
}

#[tokio::test]
async fn ambiguous_targets_are_refused_with_a_problem_and_reach_nobody() {
    let origin = Origin::saying(&[("cache-control", "max-age=60")], "x").await;
    let gateway = before(&origin).await;
    for target in [
        "/api/v1/items/..%2f..%2finternal",
        "/api/v1/items/%2e%2e/users",
        "/api/v1/items/../users",
        "/api/v1/./items",
        "/api/v1//items",
        "//api/v1/items",
        "/api/v1/items;jsessionid=1",
        "/api/v1/items;.css",
        "/api/v1/items/%00",
        "/api/v1/items%0d%0aX: y",
        "/api/v1/items/%252e%252e",
        "/api/v1/items/%5c..%5c",
        "/api/v1/items/%zz",
        "/api/v1/items?q=%",
        "/api/v1/items?q=%00",
        "/api/v1/items\\..\\users",
        "/api/v1/{items}",
    ] {
        let answer = ask(gateway.address, get(target)).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{target}: {answer}");
    }
    assert_eq!(origin.count(), 0);
    let answer = ask(gateway.address, get("/api/v1/items/%2e%2e/users")).await;
    assert!(
        answer.contains("application/problem+json") && answer.contains("\"code\":\"malformed_request\""),
        "{answer}"
    );
    assert!(answer.contains("\"request_id\":"), "{answer}");
}

#[tokio::test]
async fn what_looks_like_a_file_is_not_a_route() {
    let origin = Origin::saying(&[("cache-control", "max-age=60")], "x").await;
    let gateway = before(&origin).await;
    for target in
        ["/api/v1/items.css", "/api/v1/users.json", "/api/v1", "/internal/v1/validate-token", "/api/v2/items", "/x"]
    {
        let answer = ask(gateway.address, get(target)).await;
        assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("\"code\":\"not_found\""), "{target}: {answer}");
    }
    assert_eq!(origin.count(), 0);
}

#[tokio::test]
async fn odd_forms_of_requests_are_refused_or_understood_in_one_way() {
    let origin = Origin::saying(&[("cache-control", "max-age=60")], "x").await;
    let gateway = before(&origin).await;
    let head = "GET /api/v1/items HTTP/1.1\r\n";
    for (request, status) in [
        (format!("{head}Connection: close\r\n\r\n"), 400),
        (format!("{head}Host: a\r\nHost: b\r\nConnection: close\r\n\r\n"), 400),
        (format!("{head}Host: a b\r\nConnection: close\r\n\r\n"), 400),
        (format!("{head}Host: evil@lend.example\r\nConnection: close\r\n\r\n"), 400),
        (format!("{head}Host : a\r\n\r\n"), 400),
        (format!("{head}Host: a\r\nX: b\r\n c\r\n\r\n"), 400),
        ("GET api/v1/items HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), 400),
        ("CONNECT lend.example:80 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_owned(), 405),
        ("TRACE /api/v1/items HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_owned(), 405),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_owned(), 400),
        (
            "POST /api/v1/items HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd".to_owned(),
            400,
        ),
        ("POST /api/v1/items HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n".to_owned(), 400),
    ] {
        let answer = ask(gateway.address, &request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request}: {answer}");
    }
}

/// What a service is told of where a request was sent.
async fn saying_where(seen: Seen) -> axum::response::Response {
    let [host, scheme] = ["x-forwarded-host", "x-forwarded-proto"].map(|name| seen.header(name).unwrap_or_default());
    reply(200, &[("cache-control", "max-age=60")], format!("{scheme}://{host}{}", seen.target))
}

/// A GET whose target is a whole address, with these lines.
fn absolute(target: &str, lines: &str) -> String {
    format!("GET {target} HTTP/1.1\r\n{lines}Connection: close\r\n\r\n")
}

#[tokio::test]
async fn a_target_with_a_host_is_for_that_host_whatever_the_header_says() {
    let origin = Origin::start(saying_where).await;
    let gateway = before(&origin).await;
    for (target, host, expected) in [
        ("http://a.example/api/v1/items", "a.example", "http://a.example/api/v1/items"),
        ("http://a.example/api/v1/items", "evil.example", "http://a.example/api/v1/items"),
        ("HTTP://A.Example/api/v1/%69tems", "evil.example", "http://a.example/api/v1/items"),
        (
            "http://a.example:80/api/v1/items?q=x&limit=2",
            "evil.example",
            "http://a.example:80/api/v1/items?limit=2&q=x",
        ),
        // Whoever writes `https` has not come over TLS for that.
        ("https://a.example/api/v1/items", "a.example", "http://a.example/api/v1/items"),
        // Nothing of the above was stored for the host that the header named.
        ("/api/v1/items", "evil.example", "http://evil.example/api/v1/items"),
        ("/api/v1/items", "a.example", "http://a.example/api/v1/items"),
    ] {
        let answer = ask(gateway.address, absolute(target, &format!("Host: {host}\r\n"))).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{target}: {answer}");
        assert!(answer.ends_with(&format!("\r\n\r\n{expected}")), "{target}, {host}: {answer}");
    }
    assert_eq!(origin.count(), 3, "one for each address: {:?}", origin.seen());
}

#[tokio::test]
async fn odd_targets_with_a_host_are_refused() {
    let origin = Origin::start(saying_where).await;
    let mut config = before_both(&origin, &origin);
    config.hosts = vec!["a.example".to_owned()];
    let gateway = configured(config).await;
    let ours = "Host: a.example\r\n";
    for (target, lines) in [
        ("http://a.example/api/v1/items", ""),
        ("http://a.example/api/v1/items", "Host: a.example\r\nHost: a.example\r\n"),
        ("http://a.example/api/v1/items", "Host: a b\r\n"),
        ("http://evil.example/api/v1/items", ours),
        ("http://user@a.example/api/v1/items", ours),
        ("http://a.example@evil.example/api/v1/items", ours),
        ("http:///api/v1/items", ours),
        ("http:/api/v1/items", ours),
        ("ftp://a.example/api/v1/items", ours),
        ("http://a.example/api/v1/../items", ours),
        ("http://a.example/api/v1/%2e%2e/items", ours),
        ("http://a.example//api/v1/items", ours),
        ("http://a.example/api/v1/items;x", ours),
        ("http://a.example/api/v1/items%00", ours),
    ] {
        let answer = ask(gateway.address, absolute(target, lines)).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{target}, {lines:?}: {answer}");
    }
    assert_eq!(origin.count(), 0);
}

#[tokio::test]
async fn a_request_with_two_lengths_is_one_request_for_everybody() {
    let origin = Origin::saying(&[], "x").await;
    let gateway = before(&origin).await;
    let smuggling = "POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 49\r\nTransfer-Encoding: chunked\r\n\r\n\
                     0\r\n\r\nGET /internal/v1/secret HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n";
    let _answers = ask(gateway.address, smuggling).await;
    assert!(origin.seen().iter().all(|seen| seen.target == "/api/v1/auth/login"), "{:?}", origin.seen());
    assert!(origin.count() <= 1);
}
