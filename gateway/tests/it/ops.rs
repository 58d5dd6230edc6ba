use serde_json::json;

use crate::support::{Origin, before};

const GROUPED: &[(&str, &str)] = &[("cache-control", "max-age=60"), ("cache-groups", "\"items\"")];

#[tokio::test]
async fn an_operator_purges_by_group_by_prefix_and_all() {
    let origin = Origin::saying(GROUPED, "x").await;
    let gateway = before(&origin).await;
    let paths = ["/api/v1/items", "/api/v1/items/7", "/api/v1/categories"];
    for (request, dropped) in
        [(json!({"groups": ["items", "none"]}), 3), (json!({"prefix": "/api/v1/items"}), 2), (json!({"all": true}), 3)]
    {
        for path in paths {
            gateway.client.get(path).await.expect(200);
        }
        let purged = gateway.ops.post("/ops/cache/purge", &request).await.expect(200).json();
        assert_eq!(purged["dropped"], dropped, "{request}");
    }
    assert_eq!(gateway.ops.get("/ops/cache").await.expect(200).json()["addresses"], 0);
    for odd in [json!({}), json!({"all": false}), json!({"all": true, "prefix": "/"}), json!({"everything": true})] {
        gateway.ops.post("/ops/cache/purge", &odd).await.expect(400);
    }
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
    assert_eq!(upstreams[0], json!({"name": "inventory", "breaker": "closed", "called": true}));
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
