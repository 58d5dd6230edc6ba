use serde_json::{Value, json};
use uuid::Uuid;

use crate::payments::{Payments, amounts, euros, on_both, text};

async fn at_the_desk(payments: &Payments, order: u128) -> Value {
    let request = json!({ "order_id": Uuid::from_u128(order), "step": "authorise", "payer_id": payments.member("ada").id,
        "amount": euros(900), "provider": "desk" });
    payments.service().post("/internal/v1/payments", &request).await.expect(200).json()
}

#[tokio::test]
async fn what_is_paid_at_the_desk_is_held_once_the_operator_says_so() {
    on_both(async |payments| {
        let payment = at_the_desk(payments, 1).await;
        assert_eq!((&payment["state"], amounts(&payment)), (&json!("created"), (0, 0, 0)));
        let paid = format!("/api/v1/payments/{}/paid", text(&payment["id"]));
        payments.anonymous().post(&paid, &json!(null)).await.expect(401);
        payments.member("ada").client.post(&paid, &json!(null)).await.expect(403);
        let admin = payments.admin().client;
        let held = admin.post(&paid, &json!(null)).await.expect(200).json();
        assert_eq!((&held["state"], amounts(&held)), (&json!("authorised"), (900, 0, 0)));
        assert_eq!(admin.post(&paid, &json!(null)).await.expect(200).json(), held, "said twice, it was paid once");
        let taken = payments.operate(1, "capture", "hand-over", Some(900)).await.expect(200).json();
        assert_eq!(taken["state"], "captured");
        payments.operate(1, "refund", "refund", Some(900)).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn what_was_called_off_is_not_paid_any_more() {
    on_both(async |payments| {
        let payment = at_the_desk(payments, 1).await;
        payments.operate(1, "void", "undo", None).await.expect(200);
        let paid = format!("/api/v1/payments/{}/paid", text(&payment["id"]));
        payments.admin().client.post(&paid, &json!(null)).await.expect(409);
        let elsewhere = payments.authorise(2, "tok_late").await.expect(200).json();
        let paid = format!("/api/v1/payments/{}/paid", text(&elsewhere["id"]));
        payments.admin().client.post(&paid, &json!(null)).await.expect(409);
    })
    .await;
}

#[tokio::test]
async fn a_payment_is_shown_to_its_payer_and_to_administrators() {
    on_both(async |payments| {
        let payment = at_the_desk(payments, 1).await;
        let address = format!("/api/v1/payments/{}", text(&payment["id"]));
        assert_eq!(payments.member("ada").client.get(&address).await.expect(200).json(), payment);
        assert_eq!(payments.admin().client.get(&address).await.expect(200).json(), payment);
        payments.member("bob").client.get(&address).await.expect(404);
        payments.anonymous().get(&address).await.expect(401);
        for path in ["/internal/v1/payments/01890a5d-ac96-774b-bcce-b302099a8057", "/internal/v1/events"] {
            payments.member("ada").client.get(path).await.expect(401);
        }
    })
    .await;
}
