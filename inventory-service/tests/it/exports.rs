//! Files of items that are given out.

use serde_json::{Value, json};
use test_kit::http::Answer;

use crate::inventory::{Inventory, Member, on_both};

const HEADER: &str = "name,category,description,units,loan_days,tags,external_id,daily_price,deposit,currency";
const MINE: &str = "/api/v1/users/me/items/export";

async fn file(owner: &Member) -> Answer {
    owner.client.get(MINE).await.expect(200)
}

fn lines(file: &Answer) -> String {
    String::from_utf8(file.body.clone()).unwrap()
}

/// Takes a file in again, and answers what it would have made, changed and left.
async fn taken_in(inventory: &Inventory, owner: &Member, file: &Answer) -> [Value; 3] {
    let report = inventory.import(owner, "", file.body.clone()).await.expect(200).json();
    assert_eq!(report["errors"], json!([]));
    ["created", "changed", "unchanged"].map(|count| report[count].clone())
}

#[tokio::test]
async fn a_file_holds_everything_that_an_owner_offers() {
    on_both(async |inventory| {
        let ada = inventory.member("ada");
        let taken = "external_id,name,category,description,units,loan_days,tags,daily_price,deposit,currency\n\
            A1,Drill,Power Tools,\"Makita, 18 volt\",4,7,DIY;wood,4.50,50.00,CHF\n";
        inventory.import(&ada, "", taken).await.expect(200);
        inventory.import(&inventory.member("bob"), "", "name,category\nRake,Garden\n").await.expect(200);
        let given = file(&ada).await;
        assert_eq!(given.header("content-type"), Some("text/csv; charset=utf-8"));
        assert_eq!(given.header("content-disposition"), Some("attachment; filename=\"items.csv\""));
        assert_eq!(given.header("cache-control"), Some("private, no-store"));
        let row = "Drill,Power Tools,\"Makita, 18 volt\",4,7,DIY;wood,A1,4.50,50.00,CHF";
        assert_eq!(lines(&given), format!("{HEADER}\n{row}\n"));
        let path = format!("/internal/v1/items/export?owner_id={}", ada.id);
        assert_eq!(inventory.service().get(&path).await.expect(200).body, given.body, "services are given the same");
        assert_eq!(lines(&file(&inventory.member("cy")).await), format!("{HEADER}\n"));
    })
    .await;
}

#[tokio::test]
async fn what_was_given_out_and_is_taken_in_changes_nothing() {
    on_both(async |inventory| {
        let admin = inventory.admin().client;
        admin.post("/api/v1/categories", &json!({ "name": "Drills & bits", "slug": "drills" })).await.expect(201);
        inventory.category("Books").await;
        let ada = inventory.member("ada");
        let money = |amount: i64, currency: &str| json!({ "amount_minor": amount, "currency": currency });
        for item in [
            json!({ "name": "=cmd|' /C calc'!A0", "description": "-5\n\"quoted\", and\n\nmore", "tags": ["a;b", "c\\d", "+x"] }),
            json!({ "name": "@Saw", "description": "'=already guarded", "units": 3, "daily_price": money(1005, "KWD") }),
            json!({ "name": "Twin", "deposit": money(500, "JPY"), "max_loan_days": 7 }),
            json!({ "name": "Twin", "status": "paused", "condition": "poor" }),
            json!({ "name": "Draft", "status": "draft", "category": "books", "approval": "owner" }),
            json!({ "name": "Novel", "category": "books", "offer": "sell", "stock": 3, "price": money(900, "EUR") }),
        ] {
            let mut item = item;
            item.as_object_mut().unwrap().entry("category").or_insert(json!("drills"));
            ada.offers(&item).await;
        }
        let before = ada.client.get("/api/v1/users/me/items").await.expect(200).json();
        let given = file(&ada).await;
        assert_eq!(taken_in(inventory, &ada, &given).await, [json!(0), json!(0), json!(6)]);
        assert_eq!(ada.client.get("/api/v1/users/me/items").await.expect(200).json(), before);
        assert_eq!(file(&ada).await.body, given.body);

        let elsewhere = inventory.member("bob");
        assert_eq!(taken_in(inventory, &elsewhere, &given).await, [json!(6), json!(0), json!(0)]);
        assert_eq!(taken_in(inventory, &elsewhere, &given).await, [json!(0), json!(0), json!(6)]);
    })
    .await;
}

#[tokio::test]
async fn no_cell_is_a_formula_to_a_spreadsheet() {
    on_both(async |inventory| {
        let ada = inventory.member("ada");
        inventory.category("Tools").await;
        for name in ["=1+1", "+1", "-1", "@SUM(A1)"] {
            ada.offers(&json!({ "name": name, "category": "tools", "description": name, "tags": [name] })).await;
        }
        let given = lines(&file(&ada).await);
        for row in given.lines().skip(1) {
            assert!(row.starts_with('\''), "{row}");
            assert!(row.split(',').all(|cell| !cell.starts_with(['=', '+', '-', '@'])), "{row}");
        }
        assert_eq!(given.lines().count(), 5);
    })
    .await;
}

#[tokio::test]
async fn a_long_file_comes_whole() {
    on_both(async |inventory| {
        let ada = inventory.member("ada");
        let rows: Vec<_> = (0..1_234).map(|number| format!("Thing {number},Things\n")).collect();
        inventory.import(&ada, "", format!("name,category\n{}", rows.concat())).await.expect(200);
        let given = file(&ada).await;
        assert_eq!(lines(&given).lines().count(), 1 + 1_234);
        assert_eq!(taken_in(inventory, &ada, &given).await, [json!(0), json!(0), json!(1_234)]);
    })
    .await;
}

#[tokio::test]
async fn a_file_is_for_its_owner_and_for_services() {
    on_both(async |inventory| {
        inventory.anonymous().get(MINE).await.expect(401);
        let ada = inventory.member("ada");
        ada.client.get(&format!("{MINE}?owner_id={}", ada.id)).await.expect(400);
        ada.client.get(&format!("/internal/v1/items/export?owner_id={}", ada.id)).await.expect(401);
        let service = inventory.service();
        assert_eq!(service.get("/internal/v1/items/export").await.expect(422).problem(), "invalid_fields");
        service.get("/internal/v1/items/export?owner_id=7").await.expect(422);
    })
    .await;
}
