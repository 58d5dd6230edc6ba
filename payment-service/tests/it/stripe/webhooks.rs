use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use test_kit::http::{Answer, send};

use super::fake::sign;
use super::{authorise, with_stripe};
use crate::payments::{Payments, amounts, text};

/// When the clock of the tests stands still.
const NOW: i64 = 1_800_000_000;

async fn tell(payments: &Payments, (signature, body): &(String, String)) -> Answer {
    let request = payments.anonymous().request(Method::POST, "/api/v1/payments/webhooks/stripe");
    let request = request.header("content-type", "application/json").header("stripe-signature", signature);
    send(request.body(body.clone())).await
}

#[tokio::test]
async fn a_payer_approves_at_the_bank_and_stripe_tells_of_it_once() {
    with_stripe("https://lendery.example/orders", async |payments, stripe| {
        let waiting = authorise(payments, 1, "pm_card_threeDSecure2Required").await.expect(200).json();
        assert_eq!(waiting["state"], "created");
        assert_eq!(text(&waiting["action_url"]), "https://bank.example/approve");
        let intent = stripe.last_intent();
        stripe.approve(&intent);
        let event = stripe.event("payment_intent.amount_capturable_updated", &intent, NOW);
        for _ in 0..3 {
            tell(payments, &event).await.expect(204);
        }
        let held = payments.find(1).await.expect(200).json();
        assert_eq!((&held["state"], amounts(&held)), (&json!("authorised"), (5_900, 0, 0)));
        assert_eq!(held["action_url"], json!(null));
        assert_eq!(payments.rows("SELECT entry FROM ledger").await.unwrap().len(), 1);
        assert_eq!(payments.rows("SELECT id FROM notices").await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_nobody_approves_at_the_bank_can_be_called_off_after_stripe_has_forgotten_its_key() {
    with_stripe("https://lendery.example/orders", async |payments, stripe| {
        authorise(payments, 1, "pm_card_threeDSecure2Required").await.expect(200);
        // Asked for again and again meanwhile, and not in doubt.
        payments.hands.advance(Duration::from_hours(25));
        for _ in 0..3 {
            let waiting = authorise(payments, 1, "pm_card_threeDSecure2Required").await.expect(200).json();
            assert_eq!(waiting["state"], "created");
        }
        let released = payments.operate(1, "void", "expired", None).await.expect(200).json();
        assert_eq!((amounts(&released), stripe.amounts()), ((0, 0, 0), (0, 0, 0)));
        let (_, told) = stripe.event("payment_intent.canceled", &stripe.last_intent(), NOW);
        assert!(told.contains(r#""status":"canceled""#), "nobody can approve it any more: {told}");
    })
    .await;
}

#[tokio::test]
async fn what_stripe_has_not_signed_a_short_while_ago_changes_nothing() {
    with_stripe("", async |payments, stripe| {
        authorise(payments, 1, "pm_card_visa").await.expect(200);
        let intent = stripe.last_intent();
        let (_, body) = stripe.event("payment_intent.canceled", &intent, NOW);
        for signature in [
            String::new(),
            "t=1,v1=00".to_owned(),
            sign("whsec_other", NOW, &body),
            sign(super::SECRET, NOW - 301, &body),
            sign(super::SECRET, NOW + 301, &body),
            sign(super::SECRET, NOW, "{}"),
        ] {
            assert_eq!(tell(payments, &(signature, body.clone())).await.expect(400).problem(), "malformed_request");
        }
        for body in ["", "{}", "[]", "{\"id\":7}"] {
            tell(payments, &(sign(super::SECRET, NOW, body), body.to_owned())).await.expect(400);
        }
        assert_eq!(payments.state(1).await, "authorised");
        assert!(payments.rows("SELECT id FROM notices").await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_hold_that_lapsed_is_released_here_as_well() {
    with_stripe("", async |payments, stripe| {
        authorise(payments, 1, "pm_card_visa").await.expect(200);
        let intent = stripe.last_intent();
        stripe.lapse(&intent);
        tell(payments, &stripe.event("payment_intent.canceled", &intent, NOW)).await.expect(204);
        assert_eq!(payments.state(1).await, "voided");
        payments.operate(1, "capture", "hand-over", Some(900)).await.expect(409);
    })
    .await;
}

#[tokio::test]
async fn what_concerns_nobody_here_is_taken_in_and_left_alone() {
    with_stripe("", async |payments, stripe| {
        authorise(payments, 1, "pm_card_visa").await.expect(200);
        let intent = stripe.last_intent();
        tell(payments, &stripe.event("payment_intent.succeeded", &intent, NOW)).await.expect(204);
        let foreign = json!({ "id": "evt_x", "type": "payment_intent.canceled",
            "data": { "object": { "id": "pi_x", "status": "canceled", "metadata": {} } } });
        let customer = json!({ "id": "evt_y", "type": "customer.created", "data": { "object": { "id": "cus_1" } } });
        for event in [foreign.to_string(), customer.to_string()] {
            tell(payments, &(sign(super::SECRET, NOW, &event), event)).await.expect(204);
        }
        assert_eq!(payments.state(1).await, "authorised");
    })
    .await;
}
