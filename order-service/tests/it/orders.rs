use std::time::Duration;

use inventory_api::Item;
use serde_json::{Value, json};
use test_kit::wait_until;

use crate::shop::{CREDENTIAL, on_both, pays, place};

#[tokio::test]
async fn an_order_is_for_those_it_concerns() {
    on_both(async |shop| {
        let order = shop.ordered("approved").await;
        shop.settled(&order, "confirmed").await;
        for path in [order.clone(), format!("{order}/steps")] {
            for client in [shop.member("ben"), shop.member("ada"), shop.admin()] {
                client.get(&path).await.expect(200);
            }
            shop.member("cy").get(&path).await.expect(404);
            shop.anonymous().get(&path).await.expect(401);
        }
        for act in ["cancel", "approve", "decline", "hand-over", "return"] {
            shop.act("cy", &order, act, &json!({})).await.expect(404);
        }
        for act in ["decline", "hand-over", "return"] {
            shop.act("ben", &order, act, &json!({})).await.expect(403);
        }
    })
    .await;
}

#[tokio::test]
async fn lists_show_what_was_ordered_and_what_is_asked_of_one_page_by_page() {
    on_both(async |shop| {
        let novel = shop.novel();
        let body = json!({ "lines": [{ "item_id": novel }], "payment": pays("declined") });
        let mut placed = Vec::new();
        for _ in 0..3 {
            placed.insert(0, shop.place("ben", &body).await);
        }
        for name in ["ben", "ada"] {
            let client = shop.member(name);
            let first = client.get("/api/v1/orders?limit=2").await.expect(200).json();
            let next = first["next"].as_str().unwrap();
            let second = client.get(&format!("/api/v1/orders?limit=2&cursor={next}")).await.expect(200).json();
            let both = [&first, &second].map(|page| page["items"].as_array().unwrap().clone()).concat();
            let seen = both.iter().map(|order| format!("/api/v1/orders/{}", order["id"].as_str().unwrap()));
            assert_eq!(seen.collect::<Vec<_>>(), placed);
            assert_eq!(second["next"], Value::Null);
        }
        for address in &placed {
            shop.settled(address, "payment_failed").await;
        }
        let count = async |query: &str| {
            let page = shop.admin().get(&format!("/api/v1/orders?{query}")).await.expect(200).json();
            page["items"].as_array().unwrap().len()
        };
        assert_eq!(count("scope=all&state=payment_failed").await, 3);
        assert_eq!(count("scope=all&state=confirmed").await, 0);
        assert_eq!(count("").await, 0);
        assert_eq!(shop.member("cy").get("/api/v1/orders").await.expect(200).json()["items"], json!([]));
        shop.member("ben").get("/api/v1/orders?scope=all").await.expect(403);
        shop.member("ben").get("/api/v1/orders?state=lost").await.expect(422);
        shop.member("ben").get("/api/v1/orders?scope=mine").await.expect(422);
        assert_eq!(count("scope=all&sort=-created_at").await, 3);
        let sorted = shop.member("ben").get("/api/v1/orders?sort=number").await.expect(422).json();
        assert_eq!(sorted["errors"][0]["pointer"], "sort");
        shop.member("ben").get("/api/v1/orders?cursor=x").await.expect(400);
    })
    .await;
}

#[tokio::test]
async fn other_services_read_what_happened_from_the_feed_without_a_word_of_text() {
    on_both(async |shop| {
        let order = shop.ordered("approved").await;
        shop.settled(&order, "confirmed").await;
        let service = shop.anonymous().with_token(CREDENTIAL);
        test_kit::wait_until("the feed has it", std::time::Duration::from_secs(20), async || {
            let page = service.get("/internal/v1/events").await.expect(200).json();
            let events = page["events"].as_array().unwrap().clone();
            let states: Vec<_> = events.iter().map(|event| event["after"]["state"].clone()).collect();
            assert!(events.iter().all(|event| event["aggregate"] == "order"));
            assert!(!page.to_string().contains("Drill"));
            states.first() == Some(&json!("pending")) && states.last() == Some(&json!("confirmed"))
        })
        .await;
        shop.anonymous().get("/internal/v1/events").await.expect(401);
    })
    .await;
}

#[tokio::test]
async fn the_payers_token_is_forgotten_as_soon_as_the_money_is_held() {
    on_both(async |shop| {
        use sea_orm::{ConnectionTrait, Database, Statement};
        let order = shop.ordered("a-token-to-forget").await;
        shop.settled(&order, "confirmed").await;
        let db = Database::connect(&shop.world.database_url).await.unwrap();
        let sql = "SELECT count(*) FROM orders WHERE payment_token IS NOT NULL";
        let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap().unwrap();
        assert_eq!(row.try_get_by_index::<i64>(0).unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn no_reader_sees_the_state_of_one_moment_with_the_steps_of_another() {
    on_both(async |shop| {
        let novel = shop.novel();
        let body = json!({ "lines": [{ "item_id": novel }], "payment": pays("approved") });
        let ben = shop.member("ben");
        for _ in 0..20 {
            let order = shop.place("ben", &body).await;
            let reader = async || loop {
                let seen = ben.get(&order).await.expect(200).json();
                let is_under_way = ["pending", "reserved", "authorised"].iter().any(|state| seen["state"] == *state);
                assert!(!(is_under_way && seen["settled"] == true), "{seen}");
                if seen["settled"] == true {
                    return seen["state"].clone();
                }
            };
            let states = futures_util::future::join_all((0..4).map(|_| reader())).await;
            assert!(states.iter().all(|state| state == "confirmed" || state == "rejected"), "{states:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_order_leads_to_its_payment_once_there_is_one() {
    on_both(async |shop| {
        let body = json!({ "lines": [{ "item_id": shop.novel() }], "payment": pays("created") });
        let placed = place(&shop.member("ben"), "key", &body).await.expect(202);
        assert_eq!(placed.json()["payment_id"], Value::Null);
        let order = placed.header("location").unwrap().to_owned();
        let ben = shop.member("ben");
        wait_until("the payment is known", Duration::from_secs(20), async || {
            !ben.get(&order).await.expect(200).json()["payment_id"].is_null()
        })
        .await;
        let payment = shop.world.book.payments().pop().unwrap();
        assert_eq!(ben.get(&order).await.expect(200).json()["payment_id"], json!(payment.id));
        shop.world.book.settle(&payment.key());
        assert_eq!(shop.settled_later(&order, "confirmed").await["payment_id"], json!(payment.id));

        let gift = shop.offer(Item { price: None, ..crate::shop::novel(3) });
        let free = shop.place("ben", &json!({ "lines": [{ "item_id": gift }] })).await;
        assert_eq!(shop.settled(&free, "confirmed").await["payment_id"], Value::Null);
    })
    .await;
}
