use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use test_kit::wait_until;
use tokio::task::JoinSet;

use crate::payments::{DEADLINE, Payments, euros, key, on_both};

/// Orders of a run, on each database.
const ORDERS: u128 = 60;

const TOKENS: [&str; 7] =
    ["tok_approved", "tok_lost", "tok_lost", "tok_duplicate", "tok_early", "tok_late", "tok_declined"];

/// A random life of one order, with steps repeated, begun together and in the wrong order. What is refused, is refused.
async fn live(service: test_kit::http::Client, order: u128, request: serde_json::Value, seed: u64) {
    let mut dice = StdRng::seed_from_u64(seed);
    for _ in 0..dice.random_range(3..12) {
        let step = format!("step-{}", dice.random_range(0..4));
        let amount = euros(dice.random_range(1..4_000));
        let (path, body) = match dice.random_range(0..10) {
            0..4 => ("/internal/v1/payments".to_owned(), request.clone()),
            4..7 => (format!("{}/capture", key(order)), serde_json::json!({ "step": step, "amount": amount })),
            7..9 => (format!("{}/refund", key(order)), serde_json::json!({ "step": step, "amount": amount })),
            _ => (format!("{}/void", key(order)), serde_json::json!({ "step": step })),
        };
        let (first, second) = (service.post(&path, &body), service.post(&path, &body));
        let statuses = if dice.random_bool(0.3) {
            let (first, second) = tokio::join!(first, second);
            vec![first.status, second.status]
        } else {
            vec![first.await.status]
        };
        assert!(statuses.iter().all(|status| [200, 404, 409, 422].contains(status)), "{path}: {statuses:?}");
    }
}

async fn number(payments: &Payments, sql: &str) -> i64 {
    payments.rows(sql).await.unwrap()[0].try_get_by_index(0).unwrap()
}

#[tokio::test]
async fn whatever_happens_our_book_and_the_banks_agree_to_the_cent() {
    on_both(async |payments| {
        let mut lives = JoinSet::new();
        for order in 1..=ORDERS {
            let token = TOKENS[usize::try_from(order).unwrap() % TOKENS.len()];
            let request = payments.request(order, token);
            let seed = 7_000 + u64::try_from(order).unwrap();
            lives.spawn(live(payments.service(), order, request, seed));
        }
        lives.join_all().await;
        let open = "SELECT CAST(count(*) AS bigint) FROM operations WHERE state NOT IN ('done', 'failed')";
        wait_until("everything to be known", DEADLINE, async || {
            payments.hands.advance(std::time::Duration::from_secs(40));
            number(payments, open).await == 0
        })
        .await;
        let ours = |from: &str, to: &str| {
            format!(
                "SELECT CAST(coalesce(sum(amount_minor), 0) AS bigint) FROM ledger
                 WHERE from_account = '{from}' AND to_account = '{to}'"
            )
        };
        let banks = |kind: &str| {
            format!(
                "SELECT CAST(coalesce(sum(amount_minor), 0) AS bigint) FROM test_bank WHERE done AND kind = '{kind}'"
            )
        };
        for (kind, from, to) in
            [("authorise", "payer", "held"), ("capture", "held", "taken"), ("refund", "taken", "payer")]
        {
            assert_eq!(number(payments, &ours(from, to)).await, number(payments, &banks(kind)).await, "{kind}");
        }
        assert!(number(payments, &ours("held", "taken")).await > 0, "something has happened");
        let wrong = "SELECT CAST(count(*) AS bigint) FROM payments
            WHERE refunded_minor > captured_minor OR captured_minor + released_minor > authorised_minor";
        assert_eq!(number(payments, wrong).await, 0);
        let unfinished = "SELECT CAST(count(*) AS bigint) FROM payments WHERE state IN ('unknown', 'created')";
        assert_eq!(number(payments, unfinished).await, 0);
    })
    .await;
}
