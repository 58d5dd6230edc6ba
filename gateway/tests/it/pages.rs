use reqwest::Method;
use test_kit::http::send;

use crate::support::{Origin, before, before_both, configured, reply};

async fn documented() -> Origin {
    Origin::start(|seen| async move {
        let document = r##"{
            "openapi": "3.1.0",
            "paths": {
                "/api/v1/items": { "get": { "summary": "What is listed", "responses": { "200": {
                    "description": "ok",
                    "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Item" } } }
                } } } },
                "/internal/v1/reservations": { "post": { "responses": {} } }
            },
            "components": { "schemas": { "Item": { "type": "object", "properties": { "name": { "type": "string" } } } } }
        }"##;
        if seen.target == "/openapi.json" { reply(200, &[], document) } else { reply(404, &[], "") }
    })
    .await
}

#[tokio::test]
async fn the_reference_is_what_the_services_document_without_what_is_internal() {
    let origin = documented().await;
    let gateway = before(&origin).await;
    let merged = gateway.client.get("/openapi.json").await.expect(200).json();
    assert_eq!(merged["paths"].as_object().unwrap().keys().collect::<Vec<_>>(), ["/api/v1/items"]);
    assert_eq!(merged["components"]["schemas"]["Item"]["type"], "object");

    let docs = gateway.client.get("/docs").await.expect(200);
    let html = String::from_utf8(docs.body.clone()).unwrap();
    assert!(html.contains("What is listed") && html.contains("schema-item") && !html.contains("/internal"), "{html}");
    let policy = docs.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{policy}");
    assert!(
        !html.contains("<script") && !html.contains("http://") && !html.contains("https://"),
        "nothing from elsewhere"
    );
}

#[tokio::test]
async fn a_service_that_is_down_stays_documented() {
    let (users, inventory) = (Origin::saying(&[], "{}").await, documented().await);
    let gateway = configured(before_both(&users, &inventory)).await;
    users.stop().await;
    let merged = gateway.client.get("/openapi.json").await.expect(200).json();
    assert!(merged["paths"]["/api/v1/items"].is_object());
}

#[tokio::test]
async fn every_problem_has_its_page() {
    let origin = documented().await;
    let gateway = before(&origin).await;
    for kind in problem::Kind::ALL {
        let page = gateway.client.get(&format!("/problems/{}", kind.slug())).await.expect(200);
        assert!(String::from_utf8_lossy(&page.body).contains(&kind.code()));
    }
    assert_eq!(gateway.client.get("/problems/none").await.expect(404).problem(), "not_found");
    gateway.client.get("/problems").await.expect(200);
    gateway.client.get("/").await.expect(200);
    gateway.client.get("/assets/gateway.css").await.expect(200);
    let refused = send(gateway.client.request(Method::POST, "/docs")).await.expect(405);
    assert_eq!((refused.problem().as_str(), refused.header("allow")), ("method_not_allowed", Some("GET, HEAD")));
}

#[tokio::test]
async fn without_pages_everything_belongs_to_the_routes() {
    let origin = Origin::saying(&[], "theirs").await;
    let mut config = before_both(&origin, &origin);
    config.pages = false;
    config.routes.push(gateway::RouteConfig::new("/", "users"));
    let gateway = configured(config).await;
    for path in ["/", "/docs", "/openapi.json"] {
        assert_eq!(gateway.client.get(path).await.expect(200).body, b"theirs", "{path}");
    }
    gateway.client.get("/internal/v1/x").await.expect(404);
}
