//! What the operator does about an order that cannot go on.

use std::path::Path;

use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::{Value, json};
use test_kit::http::Client;
use test_kit::wait_until;
use uuid::Uuid;

use crate::member::{Member, join};
use crate::platform::{Platform, START, command};
use crate::programs::text;

/// A borrower and an owner, and an order whose things were given away behind its back before they were fetched.
struct Stuck {
    platform: Platform,
    borrower: Member,
    order: String,
    number: String,
}

impl Stuck {
    async fn start(directory: &Path) -> Self {
        let platform = Platform::up_with(directory, &["--demo"]).await;
        let owner = join(&platform.web, "owner@example.org").await;
        let borrower = join(&platform.web, "borrower@example.org").await;
        let gift = json!({
            "name": "A jar of jam", "category": "camping", "offer": "sell", "stock": 1,
            "price": { "amount_minor": 0, "currency": "EUR" },
        });
        let gift = owner.client.post("/api/v1/items", &gift).await.expect(201).json();
        let request = borrower.client.request(reqwest::Method::POST, "/api/v1/orders");
        let lines = json!({ "lines": [{ "item_id": gift["id"] }] });
        let placed = test_kit::http::send(request.header("idempotency-key", "jam").json(&lines)).await.expect(202);
        let order = placed.header("location").unwrap().to_owned();
        let stuck = Self { platform, borrower, order, number: placed.json()["number"].to_string() };
        stuck.comes_to(|order| order["state"] == "confirmed" && order["settled"] == true).await;
        give_away(directory, &stuck.order).await;
        owner.client.post(&format!("{}/hand-over", stuck.order), &json!({})).await.expect(200);
        stuck.is_stuck().await;
        stuck
    }

    async fn is_stuck(&self) {
        self.comes_to(|order| order["stuck"] == true).await;
    }

    async fn comes_to(&self, condition: impl Fn(&Value) -> bool) {
        wait_until("the order to come so far", START, async || {
            condition(&self.borrower.client.get(&self.order).await.expect(200).json())
        })
        .await;
    }

    /// What the command says, and on which stream it says it.
    async fn operator(&self, arguments: &[&str]) -> (String, String) {
        let output = self.platform.command(&[&["orders", "stuck"][..], arguments].concat()).await;
        (text(&output.stdout), text(&output.stderr))
    }
}

/// Releases what is set aside for an order, as somebody with the service credential could.
async fn give_away(directory: &Path, order: &str) {
    let read = |path: &str| std::fs::read_to_string(directory.join(path)).unwrap();
    let db = Database::connect(format!("sqlite:{}", directory.join("databases/orders.db").display())).await.unwrap();
    let order: Uuid = order.rsplit('/').next().unwrap().parse().unwrap();
    let sql = "SELECT id FROM order_lines WHERE order_id = $1";
    let row = db.query_one_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, [order.into()]));
    let reservation: Uuid = row.await.unwrap().unwrap().try_get_by_index(0).unwrap();
    let endpoints: Value = serde_json::from_str(&read("run/endpoints.json")).unwrap();
    let inventory = Client::new(format!("http://{}", endpoints["inventory"].as_str().unwrap()));
    let inventory = inventory.with_token(read("secrets/service-credential").trim());
    inventory.post(&format!("/internal/v1/reservations/{reservation}/release"), &Value::Null).await.expect(204);
}

#[tokio::test]
async fn the_operator_lists_what_is_stuck_and_retries_undoes_or_accepts_it() {
    let directory = tempfile::tempdir().unwrap();
    let stuck = Stuck::start(directory.path()).await;
    let number = stuck.number.as_str();
    for list in [&[][..], &["list"]] {
        let (listed, _) = stuck.operator(list).await;
        assert!(listed.contains("A jar of jam") && listed.contains("An administrator has to decide"), "{listed}");
        assert!(listed.contains(stuck.order.rsplit('/').next().unwrap()), "{listed}");
    }

    let (asked, _) = stuck.operator(&["retry", number]).await;
    assert!(asked.contains(&format!("Order {number}: step")) && asked.contains("is asked for again"), "{asked}");
    stuck.is_stuck().await;
    let (_, refused) = stuck.operator(&["undo", number]).await;
    assert!(refused.contains(&format!("order {number} stays as it is")) && refused.contains("accept it"), "{refused}");
    let (_, unknown) = stuck.operator(&["retry", "999999"]).await;
    assert!(unknown.contains("no order 999999 is stuck"), "{unknown}");
    let (accepted, refused) = stuck.operator(&["accept", number]).await;
    assert!(accepted.contains("counts as done"), "{accepted}{refused}");
    stuck.comes_to(|order| order["state"] == "closed" && order["settled"] == true).await;
    assert_eq!(stuck.operator(&[]).await.0, "No order is stuck.\n");

    assert!(stuck.platform.stop().await);
    let alone = command(directory.path(), &["orders", "stuck"]).await;
    assert_eq!(text(&alone.stdout), "No order is stuck.\n", "{}", text(&alone.stderr));
    let nowhere = command(&directory.path().join("mistyped"), &["orders", "stuck"]).await;
    assert!(!nowhere.status.success() && text(&nowhere.stderr).contains("--data-dir"), "{}", text(&nowhere.stderr));
}
