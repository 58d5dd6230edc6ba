use crate::payments::{Payments, amounts, on_both, text};

/// The whole numbers of a row.
async fn numbers(payments: &Payments, sql: &str, columns: usize) -> Vec<i64> {
    let rows = payments.rows(sql).await.unwrap();
    assert_eq!(rows.len(), 1, "{sql}");
    (0..columns).map(|column| rows[0].try_get_by_index(column).unwrap()).collect()
}

#[tokio::test]
async fn the_rows_of_the_ledger_cannot_be_changed_and_alone_decide_the_sums() {
    on_both(async |payments| {
        payments.authorise(1, "tok_approved").await.expect(200);
        payments.operate(1, "capture", "hand-over", Some(900)).await.expect(200);
        for (statement, words) in [
            ("UPDATE ledger SET amount_minor = 1", "added and never changed"),
            ("UPDATE ledger SET posted_at = posted_at", "added and never changed"),
            ("DELETE FROM ledger", "added and never changed"),
            ("UPDATE payments SET captured_minor = 901", "those of its ledger"),
            ("UPDATE payments SET refunded_minor = 900", "those of its ledger"),
            // More than is held, more than was taken, and between accounts that have nothing to do with each other.
            (&row("held", "taken", 5_001), "check"),
            (&row("taken", "payer", 901), "check"),
            (&row("held", "payer", 5_001), "check"),
            (&row("payer", "taken", 1), "check"),
            (&row("held", "held", 1), "check"),
            (&row("payer", "held", 0), "check"),
            (&row("payer", "held", -1), "check"),
        ] {
            let error = payments.rows(statement).await.map(|rows| rows.len()).unwrap_err().to_string();
            assert!(error.to_lowercase().contains(words), "{statement}: {error}");
        }
        assert_eq!(amounts(&payments.find(1).await.expect(200).json()), (5_000, 900, 0));
        // The control: the same statement with what is there to take passes.
        payments.rows(&row("held", "taken", 5_000)).await.unwrap();
        assert_eq!(amounts(&payments.find(1).await.expect(200).json()), (0, 5_900, 0));
    })
    .await;
}

/// A row of the ledger for the one payment, beside its capture.
fn row(from: &str, to: &str, amount: i64) -> String {
    format!(
        "INSERT INTO ledger (payment_id, operation_id, from_account, to_account, amount_minor, posted_at)
         SELECT payment_id, id, '{from}', '{to}', {amount}, created_at FROM operations WHERE kind = 'authorise'"
    )
}

#[tokio::test]
async fn a_truncated_ledger_is_refused_where_the_database_knows_such_a_thing() {
    on_both(async |payments| {
        payments.authorise(1, "tok_approved").await.expect(200);
        payments.rows("TRUNCATE ledger CASCADE").await.unwrap_err();
        assert_eq!(payments.rows("SELECT entry FROM ledger").await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_database_derives_the_same_state_as_the_service() {
    on_both(async |payments| {
        for (order, token) in [(1, "tok_approved"), (2, "tok_declined"), (3, "tok_late"), (4, "tok_lost")] {
            payments.authorise(order, token).await.expect(200);
        }
        for order in 5..10 {
            payments.authorise(order, "tok_approved").await.expect(200);
        }
        payments.operate(5, "capture", "capture", Some(900)).await.expect(200);
        payments.operate(6, "void", "void", None).await.expect(200);
        payments.operate(7, "capture", "capture", Some(5_900)).await.expect(200);
        payments.operate(7, "refund", "refund", Some(5_900)).await.expect(200);
        payments.operate(8, "capture", "capture", Some(900)).await.expect(200);
        payments.operate(8, "refund", "refund", Some(900)).await.expect(200);
        let derived: Vec<String> = payments
            .rows("SELECT state FROM payments ORDER BY id")
            .await
            .unwrap()
            .iter()
            .map(|row| row.try_get_by_index(0).unwrap())
            .collect();
        let ids = payments.rows("SELECT version FROM payments").await.unwrap().len();
        assert_eq!(ids, derived.len());
        let expected = ["authorised", "failed", "created", "unknown", "captured", "voided", "refunded", "captured"];
        assert_eq!(derived[..8], expected);
        for (order, state) in (1..).zip(expected).filter(|(_, state)| *state != "unknown") {
            assert_eq!(text(&payments.find(order).await.expect(200).json()["state"]), state);
        }
    })
    .await;
}

#[tokio::test]
async fn every_account_is_balanced_and_the_warehouse_sees_every_row() {
    on_both(async |payments| {
        for order in 1..=10 {
            payments.authorise(order, "tok_approved").await.expect(200);
            payments.operate(order, "capture", "capture", Some(900)).await.expect(200);
            payments.operate(order, "refund", "refund", Some(300)).await.expect(200);
        }
        let balance = |account: &str| {
            format!(
                "SELECT CAST(coalesce(sum(CASE WHEN to_account = '{account}' THEN amount_minor ELSE 0 END), 0)
                 - coalesce(sum(CASE WHEN from_account = '{account}' THEN amount_minor ELSE 0 END), 0) AS bigint)
                 FROM ledger"
            )
        };
        let mut balances = Vec::new();
        for account in ["payer", "held", "taken"] {
            balances.extend(numbers(payments, &balance(account), 1).await);
        }
        assert_eq!(balances, [-56_000, 50_000, 6_000]);
        assert_eq!(balances.iter().sum::<i64>(), 0);
        let sums = "SELECT CAST(sum(authorised_minor - captured_minor - released_minor) AS bigint),
                    CAST(sum(captured_minor - refunded_minor) AS bigint) FROM payments";
        assert_eq!(numbers(payments, sums, 2).await, [50_000, 6_000]);
        let captured = "SELECT seq FROM etl_change WHERE tbl = 'ledger' AND op = 'I'";
        assert_eq!(payments.rows(captured).await.unwrap().len(), 30);
    })
    .await;
}
