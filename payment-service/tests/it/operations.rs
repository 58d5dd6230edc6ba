use std::time::Duration;

use serde_json::{Value, json};
use test_kit::wait_until;
use tokio::task::JoinSet;

use crate::payments::{DEADLINE, amounts, key, on_both, text};

#[tokio::test]
async fn money_is_taken_given_back_and_released_in_parts() {
    on_both(async |payments| {
        payments.authorise(1, "tok_approved").await.expect(200);
        let captured = payments.operate(1, "capture", "hand-over", Some(900)).await.expect(200).json();
        assert_eq!((&captured["state"], amounts(&captured)), (&json!("captured"), (5_000, 900, 0)));
        payments.operate(1, "capture", "damage", Some(1_200)).await.expect(200);
        let released = payments.operate(1, "void", "return", None).await.expect(200).json();
        assert_eq!((&released["state"], amounts(&released)), (&json!("captured"), (0, 2_100, 0)));
        payments.operate(1, "refund", "refund-1", Some(100)).await.expect(200);
        let refunded = payments.operate(1, "refund", "refund-2", Some(2_000)).await.expect(200).json();
        assert_eq!((&refunded["state"], amounts(&refunded)), (&json!("refunded"), (0, 2_100, 2_100)));
        let types: Vec<_> = payments.events(6).await.into_iter().map(|(_, kind)| kind).collect();
        assert_eq!(types[0], "payment.authorised");
        assert_eq!(types[5], "payment.refunded");
    })
    .await;
}

#[tokio::test]
async fn each_step_happens_once_and_more_than_there_is_never() {
    on_both(async |payments| {
        payments.authorise(1, "tok_approved").await.expect(200);
        for _ in 0..3 {
            let captured = payments.operate(1, "capture", "hand-over", Some(900)).await.expect(200).json();
            assert_eq!(amounts(&captured), (5_000, 900, 0));
        }
        let other = payments.operate(1, "capture", "hand-over", Some(901)).await.expect(422);
        assert_eq!(other.problem(), "key_reused");
        for (what, step, amount) in [("capture", "more", 5_001), ("refund", "more", 901), ("capture", "most", 1 << 39)]
        {
            let answer = payments.operate(1, what, step, Some(amount)).await.expect(409);
            assert_eq!(answer.problem(), "conflict", "{what}");
        }
        for amount in [0, -1, i64::MAX] {
            payments.operate(1, "capture", "zero", Some(amount)).await.expect(422);
        }
        let dollars = json!({ "step": "dollars", "amount": { "amount_minor": 1, "currency": "USD" } });
        payments.service().post(&format!("{}/capture", key(1)), &dollars).await.expect(422);
        assert_eq!(amounts(&payments.find(1).await.expect(200).json()), (5_000, 900, 0));
    })
    .await;
}

#[tokio::test]
async fn of_captures_at_the_same_moment_only_so_many_succeed_as_are_held() {
    on_both(async |payments| {
        payments.authorise(1, "tok_approved").await.expect(200);
        let mut captures = JoinSet::new();
        for number in 0..20 {
            let service = payments.service();
            let body =
                json!({ "step": format!("capture-{number}"), "amount": { "amount_minor": 1_000, "currency": "EUR" } });
            captures.spawn(async move { service.post(&format!("{}/capture", key(1)), &body).await.status });
        }
        let statuses = captures.join_all().await;
        let done = statuses.iter().filter(|status| **status == 200).count();
        assert!(done <= 5 && statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
        let (held, captured, _) = amounts(&payments.find(1).await.expect(200).json());
        assert_eq!((held, captured), (5_900 - 1_000 * i64::try_from(done).unwrap(), 5_900 - held));
    })
    .await;
}

#[tokio::test]
async fn lost_answers_to_every_operation_move_the_money_once() {
    on_both(async |payments| {
        payments.authorise(1, "tok_lost").await.expect(200);
        for (what, step, amount) in
            [("capture", "hand-over", Some(900)), ("void", "return", None), ("refund", "refund", Some(400))]
        {
            let answer = payments.operate(1, what, step, amount).await;
            let payment = answer.expect(200).json();
            assert_eq!(payment["state"], "unknown", "{what}");
            wait_until("it to become known", DEADLINE, async || payments.state(1).await != "unknown").await;
            payments.operate(1, what, step, amount).await.expect(200);
        }
        assert_eq!(amounts(&payments.find(1).await.expect(200).json()), (0, 900, 400));
        let bank = "SELECT key FROM test_bank";
        assert_eq!(payments.rows(bank).await.unwrap().len(), 4, "the bank did each of them once");
    })
    .await;
}

#[tokio::test]
async fn a_hold_that_grows_old_is_replaced_before_it_lapses() {
    on_both(async |payments| {
        let payment = payments.authorise(1, "tok_approved").await.expect(200).json();
        payments.hands.advance(Duration::from_hours(6 * 24 + 11));
        let address = format!("/internal/v1/payments/{}", text(&payment["id"]));
        let renewals = async || {
            let payment = payments.service().get(&address).await.expect(200).json();
            let operations = payment["operations"].as_array().unwrap().clone();
            let renewed = |operation: &&Value| operation["kind"] == "renew" && operation["state"] == "done";
            operations.iter().filter(renewed).count()
        };
        assert_eq!(renewals().await, 0);
        payments.hands.advance(Duration::from_hours(1));
        wait_until("the first renewal", DEADLINE, async || renewals().await == 1).await;
        payments.hands.advance(Duration::from_hours(7 * 24));
        wait_until("the second", DEADLINE, async || renewals().await == 2).await;
        let payment = payments.operate(1, "capture", "hand-over", Some(900)).await.expect(200).json();
        assert_eq!(amounts(&payment), (5_000, 900, 0));
    })
    .await;
}
