use std::time::Duration;

use serde_json::Value;

use crate::payments::{amounts, on_both, text};

#[tokio::test]
async fn calling_off_what_was_never_asked_for_succeeds_and_the_late_original_is_refused() {
    on_both(async |payments| {
        for (order, what, amount) in [(1, "void", None), (2, "refund", Some(900))] {
            for _ in 0..2 {
                let answer = payments.operate(order, what, "undo", amount).await.expect(200);
                assert_eq!(answer.json(), Value::Null);
            }
            let late = payments.authorise(order, "tok_approved").await.expect(409);
            assert_eq!(late.problem(), "conflict");
            payments.find(order).await.expect(404);
        }
        payments.operate(1, "capture", "hand-over", Some(1)).await.expect(404);
        assert!(payments.rows("SELECT key FROM test_bank").await.unwrap().is_empty(), "no bank was asked");
    })
    .await;
}

#[tokio::test]
async fn a_void_ends_what_waits_and_what_is_in_doubt() {
    on_both(async |payments| {
        let late = payments.authorise(1, "tok_late").await.expect(200).json();
        let voided = payments.operate(1, "void", "undo", None).await.expect(200).json();
        assert_eq!((text(&voided["state"]), amounts(&voided)), ("voided".to_owned(), (0, 0, 0)));
        payments.hands.advance(Duration::from_secs(10));
        payments.authorise(9, "tok_late").await.expect(200);
        payments.becomes(&text(&payments.find(9).await.json()["id"]), "authorised").await;
        assert_eq!(payments.state(1).await, "voided", "the bank tells nothing of it any more: {late}");

        payments.authorise(2, "tok_lost").await.expect(200);
        let voided = payments.operate(2, "void", "undo", None).await.expect(200).json();
        assert_eq!(voided["state"], "unknown", "the void's own answer was lost");
        assert_eq!(payments.state(2).await, "voided");

        payments.authorise(3, "tok_slow").await.expect(200);
        let busy = payments.operate(3, "void", "undo", None).await.expect(409);
        assert_eq!(busy.problem(), "request_in_flight", "nobody knows yet what there is to release");
        payments.hands.advance(Duration::from_secs(3));
        let voided = payments.operate(3, "void", "undo", None).await.expect(200).json();
        assert_eq!((text(&voided["state"]), amounts(&voided)), ("voided".to_owned(), (0, 0, 0)));
    })
    .await;
}
