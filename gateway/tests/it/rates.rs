use serde_json::json;

use crate::support::{Origin, before_both, configured};

#[tokio::test]
async fn what_asks_the_services_for_too_much_is_refused_and_memory_still_answers() {
    let origin = Origin::saying(&[("cache-control", "max-age=60")], "x").await;
    let mut config = before_both(&origin, &origin);
    config.limits.requests_per_minute = 3;
    let gateway = configured(config).await;
    let first = gateway.client.get("/api/v1/items").await.expect(200);
    assert_eq!(first.header("ratelimit-policy"), Some("\"address\";q=3;w=60"));
    assert_eq!(first.header("ratelimit"), Some("\"address\";r=2;t=20"));
    for _ in 0..2 {
        gateway.client.post("/api/v1/auth/login", &json!({})).await.expect(200);
    }
    let refused = gateway.client.post("/api/v1/auth/login", &json!({})).await.expect(429);
    assert_eq!(refused.problem(), "too_many_requests");
    assert!(refused.header("retry-after").is_some() && refused.header("ratelimit").is_some(), "{:?}", refused.headers);
    assert_eq!(origin.count(), 3);
    let hit = gateway.client.get("/api/v1/items").await.expect(200);
    assert_eq!(hit.header("ratelimit"), None);
}
