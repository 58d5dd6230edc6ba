use reqwest::Method;
use test_kit::http::{Answer, send};

use crate::support::{Gateway, Origin, before, before_both, configured};

const ALLOWED: &str = "https://app.example";

async fn ask(gateway: &Gateway, method: Method, origin: &str) -> Answer {
    let request = gateway.client.request(method, "/api/v1/items").header("origin", origin);
    send(request.header("access-control-request-method", "PUT")).await
}

async fn open_to_one() -> (Origin, Gateway) {
    let origin = Origin::saying(&[("cache-control", "max-age=60")], "x").await;
    let mut config = before_both(&origin, &origin);
    config.cors_origins = vec![ALLOWED.to_owned()];
    "127.0.0.1".clone_into(&mut config.trusted_proxies);
    config.hsts_s = 60;
    let gateway = configured(config).await;
    (origin, gateway)
}

#[tokio::test]
async fn pages_of_an_allowed_origin_may_ask_and_read() {
    let (origin, gateway) = open_to_one().await;
    let preflight = ask(&gateway, Method::OPTIONS, ALLOWED).await.expect(204);
    assert_eq!(preflight.header("access-control-allow-origin"), Some(ALLOWED));
    assert!(preflight.header("access-control-allow-methods").unwrap().contains("PUT"));
    assert!(preflight.header("access-control-allow-headers").unwrap().contains("authorization"));
    assert_eq!(preflight.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(preflight.header("strict-transport-security"), None);
    let request = gateway.client.request(Method::OPTIONS, "/api/v1/items").header("origin", ALLOWED);
    let request = request.header("access-control-request-method", "PUT").header("x-forwarded-proto", "https");
    assert_eq!(send(request).await.expect(204).header("strict-transport-security"), Some("max-age=60"));
    assert_eq!(origin.count(), 0, "the gateway answers it");
    for _from_the_service_then_from_memory in 0..2 {
        let answer = ask(&gateway, Method::GET, ALLOWED).await.expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), Some(ALLOWED));
        assert_eq!(answer.header("vary"), Some("origin"));
    }
    assert_eq!(origin.count(), 1);
}

#[tokio::test]
async fn pages_of_other_origins_learn_nothing() {
    let (_origin, gateway) = open_to_one().await;
    for other in ["https://evil.example", "https://app.example.evil.example", "null", "http://app.example"] {
        for method in [Method::OPTIONS, Method::GET, Method::GET] {
            let answer = ask(&gateway, method, other).await;
            assert_eq!(answer.header("access-control-allow-origin"), None, "{other}");
        }
    }
}

#[tokio::test]
async fn without_a_list_no_origin_is_allowed() {
    let origin = Origin::saying(&[], "x").await;
    let gateway = before(&origin).await;
    let answer = ask(&gateway, Method::GET, ALLOWED).await.expect(200);
    assert_eq!((answer.header("access-control-allow-origin"), answer.header("vary")), (None, None));
}
