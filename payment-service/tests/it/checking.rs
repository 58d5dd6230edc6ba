use payment_service::Config;
use serde_json::{Value, json};
use test_kit::on_every_database;

use crate::payments::{Payments, euros, on_both, refused, text};

const CHECK: &str = "/internal/v1/payments/check";

fn test_payment(token: &str) -> Value {
    json!({ "provider": "test", "token": token, "amount": euros(900), "deposit": euros(5_000) })
}

#[tokio::test]
async fn what_can_be_known_of_a_payment_is_told_before_it_is_asked_for() {
    on_both(async |payments| {
        let service = payments.service();
        service.post(CHECK, &test_payment("tok_approved")).await.expect(204);
        // That the bank will decline it, only the bank knows.
        service.post(CHECK, &test_payment("tok_declined")).await.expect(204);
        service.post(CHECK, &json!({ "provider": "desk" })).await.expect(204);
        let much = euros(1_000_000_000_001);
        for (request, pointers) in [
            (json!({}), ["/provider", "/token"].as_slice()),
            (test_payment("tok_none"), &["/token"]),
            (json!({ "provider": "desk", "token": "tok_approved" }), &["/token"]),
            (json!({ "provider": "stripe", "token": "pm_card_visa" }), &["/provider"]),
            (
                json!({ "provider": "stripe", "token": "", "amount": much, "deposit": much }),
                &["/token", "/amount/amount_minor", "/deposit/amount_minor", "/provider"],
            ),
        ] {
            let answer = service.post(CHECK, &request).await.expect(422);
            assert_eq!(refused(&answer), pointers, "{request}");
            assert!(!text(&answer.json()["errors"][0]["detail"]).contains("LENDERY_"));
        }
        payments.member("ada").client.post(CHECK, &test_payment("tok_approved")).await.expect(401);
        assert!(payments.rows("SELECT id FROM payments").await.unwrap().is_empty());
        assert!(payments.rows("SELECT key FROM test_bank").await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn test_payments_that_are_switched_off_are_refused_in_words_for_the_payer() {
    on_every_database(async |database| {
        let payments = Payments::start(database.url(), Config::default()).await;
        let answer = payments.service().post(CHECK, &test_payment("tok_approved")).await.expect(422).json();
        let error = &answer["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!("/provider"), &json!("not_set_up")));
        assert_eq!(error["detail"], "Lendery does not take test payments here; choose desk.");
        payments.stop().await;
    })
    .await;
}
