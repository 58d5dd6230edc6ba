use std::time::Duration;

use payment_service::Config;
use serde_json::json;
use test_kit::on_every_database;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::payments::{Payments, amounts, euros, on_both, refused, text};

#[tokio::test]
async fn a_hold_is_made_once_for_a_step_of_an_order() {
    on_both(async |payments| {
        let first = payments.authorise(1, "tok_approved").await.expect(200).json();
        assert_eq!(first["state"], "authorised");
        assert_eq!(amounts(&first), (5_900, 0, 0));
        let again = payments.authorise(1, "tok_approved").await.expect(200).json();
        assert_eq!(again, first);
        let other = payments.authorise(1, "tok_declined").await.expect(422);
        assert_eq!(other.problem(), "key_reused");
        assert_eq!(payments.find(1).await.expect(200).json(), first);
        let by_id = format!("/internal/v1/payments/{}", text(&first["id"]));
        assert_eq!(payments.service().get(&by_id).await.expect(200).json(), first);
        assert_eq!(payments.events(1).await, [(2, "payment.authorised".to_owned())]);
    })
    .await;
}

#[tokio::test]
async fn fifty_requests_with_one_key_hold_the_money_once() {
    on_both(async |payments| {
        let mut requests = JoinSet::new();
        for _ in 0..50 {
            let (service, body) = (payments.service(), payments.request(1, "tok_approved"));
            requests.spawn(async move { service.post("/internal/v1/payments", &body).await });
        }
        let answers = requests.join_all().await;
        assert!(answers.iter().any(|answer| answer.status == 200));
        for answer in answers {
            match answer.status {
                200 => assert_eq!(amounts(&answer.json()), (5_900, 0, 0)),
                _ => assert_eq!(answer.expect(409).problem(), "request_in_flight"),
            }
        }
        assert_eq!(payments.rows("SELECT entry FROM ledger").await.unwrap().len(), 1);
        assert_eq!(payments.rows("SELECT key FROM test_bank").await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_the_bank_declines_is_a_payment_that_failed() {
    on_both(async |payments| {
        let declined = payments.authorise(1, "tok_declined").await.expect(200).json();
        assert_eq!((&declined["state"], &declined["failure"]["code"]), (&json!("failed"), &json!("declined")));
        let unknown = payments.authorise(2, "tok_none").await.expect(200).json();
        assert_eq!((&unknown["state"], &unknown["failure"]["code"]), (&json!("failed"), &json!("invalid_token")));
        payments.operate(1, "capture", "capture", Some(1)).await.expect(409);
        let voided = payments.operate(1, "void", "void", None).await.expect(200).json();
        assert_eq!(voided["state"], "failed", "there is nothing to release, and that is no error");
        assert!(payments.rows("SELECT entry FROM ledger").await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_lost_answer_is_no_failure_and_is_asked_for_until_it_is_definite() {
    on_both(async |payments| {
        for (order, token) in [(1, "tok_lost"), (2, "tok_slow")] {
            let payment = payments.authorise(order, token).await.expect(200).json();
            assert_eq!(payment["state"], "unknown", "{token}");
            let payment = payments.becomes(&text(&payment["id"]), "authorised").await;
            assert_eq!(amounts(&payment), (5_900, 0, 0));
        }
        let lost = payments.authorise(3, "tok_lost").await.expect(200).json();
        assert_eq!(lost["state"], "unknown");
        assert_eq!(payments.state(3).await, "authorised", "whoever asks by the key gets the answer at once");
    })
    .await;
}

#[tokio::test]
async fn what_a_provider_tells_early_late_or_twice_counts_once() {
    on_both(async |payments| {
        for (order, token) in [(1, "tok_early"), (2, "tok_duplicate")] {
            let payment = payments.authorise(order, token).await.expect(200).json();
            assert_eq!((&payment["state"], amounts(&payment)), (&json!("authorised"), (5_900, 0, 0)), "{token}");
        }
        let late = payments.authorise(3, "tok_late").await.expect(200).json();
        assert_eq!(late["state"], "created");
        assert_eq!(amounts(&payments.becomes(&text(&late["id"]), "authorised").await), (5_900, 0, 0));
        assert_eq!(payments.rows("SELECT entry FROM ledger").await.unwrap().len(), 3);
    })
    .await;
}

#[tokio::test]
async fn an_authorisation_whose_process_died_before_it_asked_the_bank_fails_and_stays_failed() {
    on_every_database(async |database| {
        let payments = Payments::start(database.url(), Config { test: true, ..Config::default() }).await;
        payments.authorise(1, "tok_approved").await.expect(200);
        // As if it had died between its first transaction and its call: the bank knows nothing, and nothing was posted.
        let payment = payments.authorise(2, "tok_late").await.expect(200).json();
        payments.rows("DELETE FROM test_bank WHERE done = false").await.unwrap();
        let payments = payments.restarted(Duration::from_secs(60)).await;
        let failed = payments.becomes(&text(&payment["id"]), "failed").await;
        assert_eq!(failed["failure"]["code"], "refused");
        assert_eq!(payments.state(1).await, "authorised");
        payments.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_request_that_cannot_be_is_refused_with_every_field() {
    on_both(async |payments| {
        let service = payments.service();
        let empty = service.post("/internal/v1/payments", &json!({})).await.expect(422);
        assert_eq!(refused(&empty), ["/order_id", "/step", "/payer_id", "/provider", "/amount", "/token"]);
        let whole = payments.request(1, "tok_approved");
        for (field, value, pointer) in [
            ("step", json!("Not one"), "/step"),
            ("amount", euros(-1), "/amount/amount_minor"),
            ("amount", euros(i64::MAX), "/amount/amount_minor"),
            ("deposit", json!({ "amount_minor": 1, "currency": "USD" }), "/deposit/currency"),
            ("deposit", euros(1_000_000_000_001), "/deposit/amount_minor"),
            ("provider", json!("cash"), "/provider"),
            ("provider", json!("stripe"), "/provider"),
            ("token", json!(""), "/token"),
        ] {
            let mut request = whole.clone();
            request[field] = value;
            let answer = service.post("/internal/v1/payments", &request).await.expect(422);
            assert_eq!(refused(&answer), [pointer], "{request}");
        }
        assert_eq!(payments.find(1).await.status, 404, "nothing was changed");
        let not_set_up = json!({ "provider": "stripe", "order_id": Uuid::from_u128(1), "step": "authorise",
            "payer_id": payments.member("ada").id, "amount": euros(1), "token": "pm_card_visa" });
        let answer = service.post("/internal/v1/payments", &not_set_up).await.expect(422);
        // It is read by payers, who can do nothing about variables and files.
        let detail = text(&answer.json()["errors"][0]["detail"]);
        assert_eq!(detail, "Lendery does not take payments by Stripe here; choose desk.");
    })
    .await;
}
