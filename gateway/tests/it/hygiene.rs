use reqwest::Method;
use test_kit::http::send;

use crate::support::{Origin, Seen, ask, before, before_both, configured, reply};

#[tokio::test]
async fn forged_headers_do_not_reach_the_service_and_the_gateways_own_do() {
    let origin = Origin::saying(&[], "").await;
    let gateway = before(&origin).await;
    let forged = [
        ("x-forwarded-for", "6.6.6.6"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-prefix", "/evil"),
        ("forwarded", "for=6.6.6.6"),
        ("x-original-url", "/internal"),
        ("x-rewrite-url", "/internal"),
        ("x-http-method-override", "DELETE"),
        ("x-user-id", "1"),
        ("x-request-timeout-ms", "1"),
        ("proxy-authorization", "Basic eA=="),
        ("connection", "x-hop"),
        ("x-hop", "1"),
        ("te", "trailers"),
    ];
    for path in ["/api/v1/items", "/api/v1/auth/login"] {
        let request = gateway.client.request(Method::GET, path).header("x-kept", "1");
        send(forged.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await.expect(200);
    }
    for seen in origin.seen() {
        assert_eq!(seen.header("x-forwarded-for"), Some("127.0.0.1"));
        assert_eq!(seen.header("x-forwarded-host"), Some(gateway.address.to_string().as_str()));
        assert_eq!(seen.header("x-forwarded-proto"), Some("http"));
        assert_eq!(seen.header("via"), Some("1.1 lendery"));
        assert_eq!(seen.header("x-kept"), Some("1"));
        assert_ne!(seen.header("x-request-timeout-ms"), Some("1"));
        for gone in [
            "x-forwarded-prefix",
            "forwarded",
            "x-original-url",
            "x-rewrite-url",
            "x-http-method-override",
            "x-user-id",
        ] {
            assert_eq!(seen.header(gone), None, "{gone}");
        }
        for gone in ["proxy-authorization", "x-hop", "te"] {
            assert_eq!(seen.header(gone), None, "{gone}");
        }
    }
}

#[tokio::test]
async fn a_trusted_balancer_says_for_whom_it_asks() {
    let origin = Origin::saying(&[], "").await;
    let mut config = before_both(&origin, &origin);
    config.trusted_proxies = "127.0.0.0/8".to_owned();
    let gateway = configured(config).await;
    let request = gateway.client.request(Method::GET, "/api/v1/auth/sessions");
    let request = request.header("x-forwarded-for", "6.6.6.6, 1.2.3.4").header("x-forwarded-proto", "https");
    send(request.header("x-forwarded-host", "evil.example")).await.expect(200);
    let seen = origin.seen().remove(0);
    assert_eq!(seen.header("x-forwarded-for"), Some("1.2.3.4"), "what stands before it anybody may have written");
    assert_eq!(seen.header("x-forwarded-proto"), Some("https"));
    assert_eq!(seen.header("x-forwarded-host"), Some(gateway.address.to_string().as_str()));
}

#[tokio::test]
async fn who_came_over_tls_is_told_to_keep_to_it_and_nobody_else() {
    let origin = Origin::saying(&[("cache-control", "max-age=60")], "").await;
    let mut config = before_both(&origin, &origin);
    config.trusted_proxies = "127.0.0.1".to_owned();
    config.hsts_s = 86_400;
    let gateway = configured(config).await;
    for path in ["/api/v1/items", "/api/v1/items", "/api/v1/auth/sessions", "/nowhere"] {
        let request = gateway.client.request(Method::GET, path).header("x-forwarded-proto", "https");
        assert_eq!(send(request).await.header("strict-transport-security"), Some("max-age=86400"), "{path}");
        assert_eq!(gateway.client.get(path).await.header("strict-transport-security"), None, "{path}");
    }
    assert_eq!(origin.count(), 4, "the second reads were answered from memory");
}

#[tokio::test]
async fn clients_of_both_schemes_have_answers_of_their_own_and_a_write_drops_both() {
    let saying_the_scheme = |seen: Seen| async move {
        reply(200, &[("cache-control", "max-age=60")], seen.header("x-forwarded-proto").unwrap_or_default().to_owned())
    };
    let origin = Origin::start(saying_the_scheme).await;
    let mut config = before_both(&origin, &origin);
    config.trusted_proxies = "127.0.0.1".to_owned();
    let gateway = configured(config).await;
    for asked in [2, 5] {
        for _ in 0..2 {
            for scheme in ["https", "http"] {
                let request = gateway.client.request(Method::GET, "/api/v1/items").header("x-forwarded-proto", scheme);
                assert_eq!(send(request).await.expect(200).body, scheme.as_bytes());
            }
        }
        assert_eq!(origin.count(), asked);
        send(gateway.client.request(Method::POST, "/api/v1/items")).await.expect(200);
    }
}

#[tokio::test]
async fn a_request_has_one_id_and_one_trace_everywhere() {
    let origin = Origin::start(|_| async { reply(200, &[("cache-control", "max-age=60")], "") }).await;
    let gateway = before(&origin).await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let given = gateway.client.request(Method::GET, "/api/v1/items").header("x-request-id", "mine-1");
    let answer = send(given.header("traceparent", trace)).await;
    assert_eq!((answer.header("x-request-id"), answer.header("traceparent")), (Some("mine-1"), Some(trace)));
    let seen = &origin.seen()[0];
    assert_eq!((seen.header("x-request-id"), seen.header("traceparent")), (Some("mine-1"), Some(trace)));

    // From memory, with an id of its own.
    let hit = gateway.client.get("/api/v1/items").await;
    assert_eq!(hit.header("x-request-id").unwrap().len(), 32);
    assert_eq!(hit.header("traceparent").unwrap().len(), 55);
    assert_eq!(
        (answer.header("x-content-type-options"), hit.header("x-content-type-options")),
        (Some("nosniff"), Some("nosniff"))
    );
    assert_ne!(hit.header("traceparent"), Some(trace), "nor is another's trace told to it");

    // Nonsense is replaced, not passed on.
    let odd = gateway.client.request(Method::POST, "/api/v1/auth/login").header("x-request-id", "a b<c>");
    let answer = send(odd.header("traceparent", "nonsense")).await;
    let seen = origin.seen().pop().unwrap();
    assert_eq!(answer.header("x-request-id").unwrap().len(), 32);
    assert_eq!(answer.header("x-request-id"), seen.header("x-request-id"));
    assert_eq!(answer.header("traceparent"), seen.header("traceparent"));
    assert_eq!(seen.header("traceparent").unwrap().len(), 55);
}

#[tokio::test]
async fn the_body_of_a_get_goes_nowhere_and_makes_no_difference() {
    let origin = Origin::start(|seen| async move { reply(200, &[("cache-control", "max-age=60")], seen.body) }).await;
    let gateway = before(&origin).await;
    let fat = gateway.client.request(Method::GET, "/api/v1/items").body("{\"q\":\"poison\"}");
    send(fat).await.expect(200);
    assert_eq!(gateway.client.get("/api/v1/items").await.expect(200).body, b"");
    assert_eq!(origin.seen()[0].body, "");
    assert_eq!(origin.seen()[0].header("content-length"), None);
}

#[tokio::test]
async fn what_a_service_says_to_its_next_hop_does_not_reach_the_client() {
    let headers = &[("connection", "x-hop"), ("x-hop", "1"), ("keep-alive", "timeout=9"), ("x-kept", "1")];
    let origin = Origin::start(|_| async { reply(200, headers, "") }).await;
    let gateway = before(&origin).await;
    let answer = gateway.client.get("/api/v1/auth/sessions").await.expect(200);
    assert_eq!((answer.header("x-hop"), answer.header("keep-alive")), (None, None));
    assert_eq!(answer.header("x-kept"), Some("1"));
}

#[tokio::test]
async fn unkeyed_headers_cannot_poison_an_answer_for_others() {
    let origin = Origin::start(|seen| async move {
        let host = seen.header("x-forwarded-host").unwrap_or_default().to_owned();
        reply(200, &[("cache-control", "max-age=60")], host)
    })
    .await;
    let gateway = before(&origin).await;
    let poison = format!(
        "GET /api/v1/items HTTP/1.1\r\nHost: {}\r\nX-Forwarded-Host: evil.example\r\nConnection: close\r\n\r\n",
        gateway.address
    );
    ask(gateway.address, poison).await;
    let answer = gateway.client.get("/api/v1/items").await.expect(200);
    assert_eq!(answer.body, gateway.address.to_string().as_bytes());
}
