use std::time::Duration;

use payment_service::Config;
use serde_json::{Value, json};
use service_kit::RunError;
use test_kit::{Engine, TestDatabase, wait_until};
use vocabulary::Secret;

use super::fake::KEY;
use super::{authorise, with_stripe};
use crate::payments::{DEADLINE, Payments, amounts, text};

#[tokio::test]
async fn money_is_held_taken_in_parts_and_given_back_and_both_books_agree() {
    with_stripe("", async |payments, stripe| {
        let held = authorise(payments, 1, "pm_card_visa").await.expect(200).json();
        assert_eq!((&held["state"], amounts(&held)), (&json!("authorised"), (5_900, 0, 0)));
        let again = authorise(payments, 1, "pm_card_visa").await.expect(200).json();
        assert_eq!((again, stripe.amounts()), (held, (5_900, 0, 0)));
        // Stripe captures an intent once; what is left of it is held anew.
        for (step, amount, left) in [("hand-over", 900, 5_000), ("damage", 1_100, 3_900)] {
            let taken = payments.operate(1, "capture", step, Some(amount)).await.expect(200).json();
            assert_eq!(amounts(&taken).0, left);
            assert_eq!(stripe.amounts().0, left);
        }
        let released = payments.operate(1, "void", "return", None).await.expect(200).json();
        assert_eq!((amounts(&released), stripe.amounts()), ((0, 2_000, 0), (0, 2_000, 0)));
        // 1,000 come from both intents, and 1,000 from the second.
        for (step, amount) in [("refund-1", 1_000), ("refund-2", 1_000)] {
            payments.operate(1, "refund", step, Some(amount)).await.expect(200);
        }
        assert_eq!(payments.state(1).await, "refunded");
        assert_eq!(stripe.amounts(), (0, 2_000, 2_000));
    })
    .await;
}

#[tokio::test]
async fn what_stripe_refuses_fails_with_its_reason() {
    with_stripe("", async |payments, stripe| {
        for (order, card, code) in [
            (1, "pm_card_chargeDeclined", "declined"),
            (2, "pm_nobody_knows", "invalid_token"),
            (3, "pm_card_threeDSecure2Required", "declined"),
        ] {
            let failed = authorise(payments, order, card).await.expect(200).json();
            assert_eq!((&failed["state"], &failed["failure"]["code"]), (&json!("failed"), &json!(code)), "{card}");
            assert!(!text(&failed["failure"]["detail"]).is_empty());
        }
        assert_eq!(stripe.amounts(), (0, 0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_hold_is_made_anew_on_the_same_card_before_seven_days_are_over() {
    with_stripe("", async |payments, stripe| {
        authorise(payments, 1, "pm_card_visa").await.expect(200);
        let first = stripe.last_intent();
        payments.hands.advance(Duration::from_hours(6 * 24 + 13));
        let renewed = async || {
            let payment = payments.find(1).await.expect(200).json();
            let done = |operation: &&Value| operation["kind"] == "renew" && operation["state"] == "done";
            payment["operations"].as_array().unwrap().iter().find(done).is_some()
        };
        wait_until("the renewal", DEADLINE, renewed).await;
        assert_ne!(stripe.last_intent(), first);
        assert_eq!(stripe.amounts(), (5_900, 0, 0), "one hold, not two");
        let taken = payments.operate(1, "capture", "hand-over", Some(5_900)).await.expect(200).json();
        assert_eq!((amounts(&taken), stripe.amounts()), ((0, 5_900, 0), (0, 5_900, 0)));
    })
    .await;
}

#[tokio::test]
async fn holds_in_doubt_keep_no_other_from_being_made_anew() {
    // As many as are looked at together; what Stripe has forgotten stays in doubt.
    const IN_DOUBT: u128 = 50;
    with_stripe("", async |payments, stripe| {
        for order in 1..=IN_DOUBT + 1 {
            authorise(payments, order, "pm_card_visa").await.expect(200);
        }
        let last = stripe.last_intent();
        stripe.set_down(true);
        for order in 1..=IN_DOUBT {
            payments.operate(order, "capture", "hand-over", Some(900)).await.expect(200);
        }
        payments.hands.advance(Duration::from_hours(6 * 24 + 13));
        stripe.set_down(false);
        wait_until("the renewal", DEADLINE, async || stripe.last_intent() != last).await;
        assert_eq!(payments.find(1).await.expect(200).json()["operations"][1]["state"], "unknown");
    })
    .await;
}

#[tokio::test]
async fn half_a_set_of_keys_stops_the_start_and_says_which_is_missing() {
    let database = TestDatabase::on(Engine::Sqlite).await;
    let config = Config { stripe_secret_key: Secret::new(KEY), ..Config::default() };
    let payments = Payments::start(database.url(), config).await;
    let RunError::Settings(words) = payments.ended().await.unwrap_err() else { panic!("another error") };
    assert!(words.contains("stripe_webhook_secret"), "{words}");
}
