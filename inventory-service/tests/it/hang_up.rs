use std::time::Duration;

use serde_json::json;
use test_kit::http::send;
use test_kit::wait_until;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::inventory::on_both;

/// A whole request to offer an item, as bytes.
fn request(base: &str, key: &str, body: &str) -> String {
    let host = base.trim_start_matches("http://");
    format!(
        "POST /api/v1/items HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer ada\r\nIdempotency-Key: {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn a_client_that_hangs_up_in_the_middle_leaves_a_whole_item_or_none() {
    on_both(async |inventory| {
        let category = inventory.category("Tools").await;
        let ada = inventory.member("ada");
        let base = inventory.anonymous().base().to_owned();
        let tags: Vec<_> = (0..20).map(|number| format!("tag {number}")).collect();
        let item = json!({ "name": "Saw", "category": category, "tags": tags });
        let bytes = request(&base, "key", &item.to_string());
        // The last cut is after the last byte: the request is whole, and only the answer is not awaited.
        for (number, cut) in [0, 10, bytes.len() / 2, bytes.len() - 1, bytes.len()].into_iter().enumerate() {
            let bytes = request(&base, &format!("key-{number}"), &item.to_string());
            let mut connection = TcpStream::connect(base.trim_start_matches("http://")).await.unwrap();
            connection.write_all(&bytes.as_bytes()[..cut.min(bytes.len())]).await.unwrap();
            connection.flush().await.unwrap();
            drop(connection);
        }
        // The same request again, by a client that stays: whatever the first made, there is one item in the end.
        for number in 0..5 {
            let key = format!("key-{number}");
            wait_until("an answer other than in flight", Duration::from_secs(10), async || {
                let again = ada.client.request(reqwest::Method::POST, "/api/v1/items");
                let again = again.header("idempotency-key", &key).header("content-type", "application/json");
                let answer = send(again.body(item.to_string())).await;
                assert!(matches!(answer.status, 201 | 409), "{}", answer.status);
                answer.status == 201
            })
            .await;
        }
        let page = inventory.anonymous().get("/api/v1/items?limit=100").await.expect(200).json();
        let items = page["items"].as_array().unwrap();
        assert_eq!(items.len(), 5, "each request was done once");
        assert!(items.iter().all(|item| item["tags"].as_array().unwrap().len() == 20), "and wholly");
    })
    .await;
}

#[tokio::test]
async fn many_hang_ups_at_any_moment_lose_no_acknowledged_write() {
    on_both(async |inventory| {
        let category = inventory.category("Tools").await;
        let ada = inventory.member("ada");
        let address = inventory.anonymous().base().trim_start_matches("http://").to_owned();
        let item = json!({ "name": "Dropped", "category": category }).to_string();
        for round in 0..40_u64 {
            let bytes = request(&address, &format!("dropped-{round}"), &item);
            let mut connection = TcpStream::connect(&address).await.unwrap();
            connection.write_all(bytes.as_bytes()).await.unwrap();
            for _ in 0..round {
                tokio::task::yield_now().await;
            }
            drop(connection);
            ada.offers(&json!({ "name": "Kept", "category": category })).await;
        }
        let mut kept = 0;
        let mut cursor = String::new();
        loop {
            let page = inventory.anonymous().get(&format!("/api/v1/items?limit=100{cursor}")).await.expect(200).json();
            kept += page["items"].as_array().unwrap().iter().filter(|item| item["name"] == "Kept").count();
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(kept, 40);
    })
    .await;
}
