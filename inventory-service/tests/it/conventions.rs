use reqwest::Method;
use serde_json::json;
use test_kit::http::{Answer, send};

use crate::inventory::{Inventory, address, on_both, refused, text};

async fn post(inventory: &Inventory, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request = inventory.member("ada").client.request(Method::POST, "/api/v1/items");
    send(request.header("content-type", content_type).body(body)).await
}

#[tokio::test]
async fn a_bad_body_is_answered_with_what_is_wrong() {
    on_both(async |inventory| {
        inventory.category("Tools").await;
        let json = "application/json";
        for (content_type, body, status, code) in [
            (json, "{", 400, "malformed_json"),
            (json, "", 400, "malformed_json"),
            (json, "{\"name\":\"Saw\",\"category\":\"tools\"} x", 400, "malformed_json"),
            (json, "{\"name\":\"Saw\",\"category\":\"tools\",\"colour\":\"red\"}", 400, "unknown_field"),
            (json, "{\"name\":\"Saw\",\"name\":\"Axe\",\"category\":\"tools\"}", 400, "unknown_field"),
            (json, "[]", 422, "invalid_fields"),
            (json, "{\"name\":7,\"category\":\"tools\"}", 422, "invalid_fields"),
            (json, "{\"name\":\"Saw\",\"category\":\"tools\",\"units\":1.5}", 422, "invalid_fields"),
            (json, "{\"name\":\"Saw\",\"category\":\"tools\",\"units\":1e30}", 422, "invalid_fields"),
            ("text/plain", "{\"name\":\"Saw\",\"category\":\"tools\"}", 415, "unsupported_media_type"),
            ("", "{}", 415, "unsupported_media_type"),
        ] {
            let answer = post(inventory, content_type, body).await.expect(status);
            assert_eq!(answer.problem(), code, "{body}");
        }
        let large = format!("{{\"name\":\"{}\"}}", "x".repeat(70_000));
        assert_eq!(post(inventory, json, large).await.expect(413).problem(), "body_too_large");
        assert_eq!(post(inventory, json, vec![b'{', 0xff, b'}']).await.expect(400).problem(), "malformed_json");
        assert_eq!(inventory.names("").await, Vec::<String>::new());
        post(inventory, "application/json; charset=utf-8", r#"{"name":"Saw","category":"tools"}"#).await.expect(201);
    })
    .await;
}

#[tokio::test]
async fn a_bad_patch_changes_nothing() {
    on_both(async |inventory| {
        let category = inventory.category("Tools").await;
        let ada = inventory.member("ada");
        let item = ada.offers(&json!({ "name": "Saw", "category": category })).await;
        let address = address(&item);
        for (patch, status) in [
            (json!({ "colour": "red" }), 400),
            (json!([]), 400),
            (json!({ "name": null }), 422),
            (json!({ "units": "many" }), 422),
            (json!({ "status": "retired" }), 422),
            (json!({ "owner_id": "me" }), 400),
        ] {
            assert_eq!(ada.client.patch(&address, "\"1\"", &patch).await.status, status, "{patch}");
        }
        let as_json = ada.client.request(Method::PATCH, &address).header("if-match", "\"1\"").json(&json!({}));
        send(as_json).await.expect(415);
        assert_eq!(inventory.anonymous().get(&address).await.expect(200).json(), item.json());
    })
    .await;
}

#[tokio::test]
async fn a_bad_query_is_answered_with_what_is_wrong() {
    on_both(async |inventory| {
        let client = inventory.anonymous();
        for (query, status, code) in [
            ("colour=red", 400, "unknown_parameter"),
            ("q=a&q=b", 400, "unknown_parameter"),
            ("sort=relevance", 422, "invalid_fields"),
            ("sort=distance", 422, "invalid_fields"),
            ("near=48.2", 422, "invalid_fields"),
            ("near=91,0", 422, "invalid_fields"),
            ("near=0,0&radius_km=1e9", 422, "invalid_fields"),
            ("radius_km=5", 422, "invalid_fields"),
            ("max_daily_price=-1", 422, "invalid_fields"),
            ("max_daily_price=9223372036854775808", 422, "invalid_fields"),
            ("available_from=2027-01-01", 422, "invalid_fields"),
            ("available_from=2027-01-02&available_to=2027-01-01", 422, "invalid_fields"),
            ("available_from=2027-01-01&available_to=2037-01-01", 422, "invalid_fields"),
            ("limit=0", 422, "invalid_fields"),
            ("limit=many", 422, "invalid_fields"),
            ("owner=7", 422, "invalid_fields"),
            ("category=No%20slug", 422, "invalid_fields"),
            ("tag=%00", 422, "invalid_fields"),
        ] {
            let answer = client.get(&format!("/api/v1/items?{query}")).await.expect(status);
            assert_eq!(answer.problem(), code, "{query}");
        }
        let bad = client.get("/api/v1/items?sort=x&limit=x&owner=x").await.expect(422);
        assert_eq!(refused(&bad), ["limit", "owner", "sort"]);
        client.get("/api/v1/items?limit=1000000").await.expect(200);
        assert_eq!(client.get("/api/v1/categories?q=x").await.expect(400).problem(), "unknown_parameter");
        assert_eq!(refused(&client.get("/api/v1/categories?limit=0").await.expect(422)), ["limit"]);
    })
    .await;
}

#[tokio::test]
async fn what_is_not_there_says_so() {
    on_both(async |inventory| {
        let client = inventory.anonymous();
        for path in [
            "/",
            "/api/v1",
            "/api/v1/item",
            "/api/v1/items/",
            "/api/v1/items/7",
            "/api/v1/items/01890A5D-AC96-774B-BCCE-B302099A8057",
            "/api/v1/items/01890a5d-ac96-774b-bcce-b302099a8057",
            "/api/v1/items/%00",
        ] {
            assert_eq!(client.get(path).await.expect(404).problem(), "not_found", "{path}");
        }
        for (method, path, allowed) in [
            (Method::DELETE, "/api/v1/items", &["GET", "POST"][..]),
            (Method::POST, "/api/v1/items/01890a5d-ac96-774b-bcce-b302099a8057", &["DELETE", "GET", "PATCH", "PUT"]),
            (Method::PUT, "/api/v1/categories", &["GET", "POST"]),
        ] {
            let answer = send(client.request(method, path)).await.expect(405);
            assert_eq!(answer.problem(), "method_not_allowed");
            let mut methods: Vec<_> = answer.header("allow").unwrap().split(',').map(str::trim).collect();
            methods.retain(|method| *method != "HEAD");
            methods.sort_unstable();
            assert_eq!(methods, allowed, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_reader_who_has_the_representation_gets_304() {
    on_both(async |inventory| {
        let category = inventory.category("Tools").await;
        let item = inventory.member("ada").offers(&json!({ "name": "Saw", "category": category })).await;
        let client = inventory.anonymous();
        for path in [address(&item), "/api/v1/items".to_owned(), "/api/v1/categories".to_owned()] {
            let read = client.get(&path).await.expect(200);
            let again = client.request(Method::GET, &path).header("if-none-match", read.etag());
            let again = send(again).await.expect(304);
            assert_eq!((again.body.len(), again.etag()), (0, read.etag()));
            assert_eq!(again.header("cache-groups"), read.header("cache-groups"));
            let other = client.request(Method::GET, &path).header("if-none-match", "\"other\"");
            send(other).await.expect(200);
        }
    })
    .await;
}

#[tokio::test]
async fn a_request_keeps_its_id_in_every_answer() {
    on_both(async |inventory| {
        let client = inventory.anonymous();
        for path in ["/api/v1/items", "/api/v1/nowhere"] {
            let named = send(client.request(Method::GET, path).header("x-request-id", "probe-7")).await;
            assert_eq!(named.header("x-request-id"), Some("probe-7"));
            let unnamed = client.get(path).await;
            assert_eq!(unnamed.header("x-request-id").unwrap().len(), 36);
        }
        let problem = send(client.request(Method::GET, "/api/v1/nowhere").header("x-request-id", "probe-7")).await;
        assert_eq!(text(&problem.json()["request_id"]), "probe-7");
        assert_eq!(text(&problem.json()["type"]), "/problems/not-found");
    })
    .await;
}
