use serde_json::json;

use crate::support::{Origin, before, reply};

const GROUPED: &[(&str, &str)] = &[("cache-control", "max-age=60"), ("cache-groups", "\"items\"")];

#[tokio::test]
async fn an_operator_purges_by_group_by_prefix_and_all() {
    let origin = Origin::saying(GROUPED, "x").await;
    let gateway = before(&origin).await;
    let paths = ["/api/v1/items", "/api/v1/items/7", "/api/v1/categories"];
    for (request, affected) in [
        (json!({"groups": ["items", "none"], "hard": true}), 3),
        (json!({"prefix": "/api/v1/items", "hard": true}), 2),
        (json!({"all": true, "hard": true}), 3),
    ] {
        for path in paths {
            gateway.client.get(path).await.expect(200);
        }
        let purged = gateway.ops.post("/ops/cache/purge", &request).await.expect(200).json();
        assert_eq!(purged["addresses"], affected, "{request}");
    }
    assert_eq!(gateway.ops.get("/ops/cache").await.expect(200).json()["addresses"], 0);
    for odd in [json!({}), json!({"all": false}), json!({"all": true, "prefix": "/"}), json!({"everything": true})] {
        gateway.ops.post("/ops/cache/purge", &odd).await.expect(400);
    }
}

#[tokio::test]
async fn a_purge_asks_again_and_keeps_the_old_answer_in_case_that_fails() {
    let lenient = &[("cache-control", "max-age=60, stale-if-error=600"), ("cache-groups", "\"items\"")];
    let origin = Origin::start(move |seen| async move { reply(200, lenient, seen.number.to_string()) }).await;
    let gateway = before(&origin).await;
    let get = async || gateway.client.get("/api/v1/items").await.expect(200).body;
    assert_eq!((get().await, get().await), (b"1".to_vec(), b"1".to_vec()));
    let purge = async || gateway.ops.post("/ops/cache/purge", &json!({"groups": ["items"]})).await.expect(200).json();
    assert_eq!(purge().await["addresses"], 1);
    assert_eq!(get().await, b"2");
    origin.stop().await;
    purge().await;
    assert_eq!(get().await, b"2", "stale, because the service is gone");
}

#[tokio::test]
async fn upstreams_breakers_and_metrics_are_to_be_seen() {
    let origin = Origin::saying(GROUPED, "x").await;
    let gateway = before(&origin).await;
    for _ in 0..3 {
        gateway.client.get("/api/v1/items").await.expect(200);
    }
    gateway.client.get("/api/v1/secret-path").await.expect(404);
    let upstreams = gateway.ops.get("/ops/upstreams").await.expect(200).json();
    let inventory = &upstreams[0];
    assert_eq!((&inventory["name"], &inventory["breaker"]), (&json!("inventory"), &json!("closed")));
    assert_eq!((&inventory["called"], &inventory["panic"]), (&json!(true), &json!(false)));
    let instances = inventory["instances"].as_array().unwrap();
    assert_eq!((instances.len(), &instances[0]["state"]), (1, &json!("ready")));
    assert_eq!(gateway.ops.get("/ops/breakers").await.expect(200).json().as_array().unwrap().len(), 2);

    let metrics = String::from_utf8(gateway.ops.get("/metrics").await.expect(200).body).unwrap();
    for line in [
        "lendery_gateway_requests_total{route=\"/api/v1/items\",status=\"200\"} 3",
        "lendery_gateway_cache_total{outcome=\"hit\"} 2",
        "lendery_gateway_cache_total{outcome=\"miss\"} 1",
        "lendery_gateway_breaker_state{upstream=\"inventory\"} 0",
        "lendery_gateway_requests_total{route=\"-\",status=\"404\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} in\n{metrics}");
    }
    assert!(!metrics.contains("secret-path"), "labels are templates, never paths");
}
