use std::time::Duration;

use test_kit::wait_until;

use super::fake::Fault;
use super::{authorise, with_stripe};
use crate::payments::{DEADLINE, Payments, amounts, on_both};

/// Lets time pass until Stripe has told what became of everything.
async fn known(payments: &Payments, order: u128) {
    wait_until("an answer", DEADLINE, async || {
        payments.hands.advance(Duration::from_secs(2));
        payments.state(order).await != "unknown"
    })
    .await;
}

#[tokio::test]
async fn whichever_answer_is_lost_money_moves_once() {
    with_stripe("", async |payments, stripe| {
        let fault = [Fault::LostAnswer, Fault::RateLimited];
        for (order, (number, fault)) in (1..).zip((0..6).flat_map(|number| fault.map(|fault| (number, fault)))) {
            let before = stripe.amounts();
            stripe.fail(number, fault);
            let first = authorise(payments, order, "pm_card_visa").await.expect(200).json();
            known(payments, order).await;
            if payments.state(order).await == "failed" {
                // Nobody knows the token any more, so what was not confirmed is called off: that is definite as well.
                assert!(number <= 2, "{first}");
                assert_eq!(stripe.amounts(), before);
                continue;
            }
            for (what, step, amount) in
                [("capture", "hand-over", Some(900)), ("refund", "refund", Some(400)), ("void", "return", None)]
            {
                payments.operate(order, what, step, amount).await.expect(200);
                known(payments, order).await;
            }
            let payment = payments.find(order).await.expect(200).json();
            assert_eq!(amounts(&payment), (0, 900, 400), "{fault:?} of call {number}");
            let after = stripe.amounts();
            assert_eq!((after.0, after.1 - before.1, after.2 - before.2), (0, 900, 400), "{fault:?} of call {number}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_confirmation_that_never_arrived_is_called_off_and_fails() {
    with_stripe("", async |payments, stripe| {
        stripe.fail(2, Fault::LostRequest);
        let payment = authorise(payments, 1, "pm_card_visa").await.expect(200).json();
        assert_eq!(payment["state"], "unknown");
        known(payments, 1).await;
        assert_eq!(payments.state(1).await, "failed");
        assert_eq!(stripe.amounts(), (0, 0, 0));
    })
    .await;
}

#[tokio::test]
async fn while_stripe_is_away_nothing_is_guessed_and_afterwards_everything_is_known() {
    with_stripe("", async |payments, stripe| {
        stripe.set_down(true);
        // Of the second order the money is held, and nobody has heard of it.
        let first = authorise(payments, 1, "pm_card_visa").await.expect(200).json();
        stripe.set_down(false);
        stripe.fail(2, Fault::LostAnswer);
        let second = authorise(payments, 2, "pm_card_visa").await.expect(200).json();
        stripe.set_down(true);
        assert_eq!([&first["state"], &second["state"]], ["unknown", "unknown"]);
        for order in [1, 2].repeat(6) {
            payments.hands.advance(Duration::from_secs(60));
            assert_eq!(payments.state(order).await, "unknown");
            let void = payments.operate(order, "void", "undo", None).await.expect(409);
            assert_eq!(void.problem(), "request_in_flight");
        }
        stripe.set_down(false);
        for (order, state) in [(1, "failed"), (2, "authorised")] {
            known(payments, order).await;
            assert_eq!(payments.state(order).await, state);
            payments.operate(order, "void", "undo", None).await.expect(200);
        }
        assert_eq!(stripe.amounts(), (0, 0, 0));
    })
    .await;
}

#[tokio::test]
async fn without_keys_stripe_is_not_called() {
    on_both(async |payments| {
        let answer = authorise(payments, 1, "pm_card_visa").await.expect(422);
        assert_eq!(answer.json()["errors"][0]["code"], "not_set_up");
    })
    .await;
}
