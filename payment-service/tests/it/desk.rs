use reqwest::Method;
use serde_json::{Value, json};
use test_kit::http::send;
use uuid::Uuid;

use crate::payments::{Payments, amounts, euros, on_both, refused, text};

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

#[tokio::test]
async fn an_operator_sees_what_waits_at_the_desk_page_by_page() {
    on_both(async |payments| {
        let admin = payments.admin().client;
        let list = async |query: &str| admin.get(&format!("/api/v1/payments?{query}")).await;
        let mut waiting = Vec::new();
        for order in 1..=3 {
            waiting.insert(0, text(&at_the_desk(payments, order).await["id"]));
        }
        payments.authorise(4, "tok_late").await.expect(200);
        let desk = "state=created&provider=desk";
        let first = list(&format!("{desk}&limit=2&sort=-created_at")).await.expect(200).json();
        let next = text(&first["next"]);
        let second = list(&format!("{desk}&limit=2&cursor={next}")).await.expect(200).json();
        assert_eq!((ids(&first), ids(&second)), (waiting[..2].to_vec(), waiting[2..].to_vec()));
        assert_eq!(second["next"], Value::Null);
        admin.post(&format!("/api/v1/payments/{}/paid", waiting[0]), &json!(null)).await.expect(200);
        assert_eq!(ids(&list(desk).await.expect(200).json()), waiting[1..]);
        assert_eq!(ids(&list("state=authorised").await.expect(200).json()), waiting[..1]);
        assert_eq!(ids(&list("").await.expect(200).json()).len(), 4);

        list(&format!("limit=2&cursor={next}")).await.expect(400);
        list("colour=red").await.expect(400);
        let bad = list("state=paid&provider=cash&sort=amount&limit=0").await.expect(422);
        assert_eq!(refused(&bad), ["limit", "state", "provider", "sort"]);
        payments.member("ada").client.get("/api/v1/payments").await.expect(403);
        payments.anonymous().get("/api/v1/payments").await.expect(401);
    })
    .await;
}

#[tokio::test]
async fn the_operator_sees_and_says_the_same_with_the_credential_of_services() {
    on_both(async |payments| {
        let operator = payments.service();
        let list = async |query: &str| operator.get(&format!("/internal/v1/desk/payments?{query}")).await;
        let [one, other] = [text(&at_the_desk(payments, 1).await["id"]), text(&at_the_desk(payments, 2).await["id"])];
        payments.authorise(3, "tok_late").await.expect(200);
        let first = list("limit=1").await.expect(200).json();
        let second = list(&format!("limit=1&cursor={}", text(&first["next"]))).await.expect(200).json();
        assert_eq!((ids(&first), ids(&second)), (vec![other.clone()], vec![one.clone()]));
        assert_eq!(second["next"], Value::Null);

        let paid = |id: &str| format!("/internal/v1/desk/payments/{id}/paid");
        let held = operator.post(&paid(&one), &json!(null)).await.expect(200).json();
        assert_eq!((&held["state"], amounts(&held)), (&json!("authorised"), (900, 0, 0)));
        assert_eq!(
            operator.post(&paid(&one), &json!(null)).await.expect(200).json(),
            held,
            "said twice, it was paid once"
        );
        assert_eq!(ids(&list("").await.expect(200).json()), [other]);

        operator.post(&paid("01890a5d-ac96-774b-bcce-b302099a8057"), &json!(null)).await.expect(404);
        list("colour=red").await.expect(400);
        for client in [payments.anonymous(), payments.member("ada").client, payments.admin().client] {
            client.get("/internal/v1/desk/payments").await.expect(401);
            client.post(&paid(&one), &json!(null)).await.expect(401);
        }
    })
    .await;
}

fn ids(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|payment| text(&payment["id"])).collect()
}

#[tokio::test]
async fn paid_with_the_same_key_is_answered_as_the_first_time() {
    on_both(async |payments| {
        let [one, other] = [at_the_desk(payments, 1).await, at_the_desk(payments, 2).await]
            .map(|payment| format!("/api/v1/payments/{}/paid", text(&payment["id"])));
        let admin = payments.admin().client;
        let paid =
            async |path: &str| send(admin.request(Method::POST, path).header("idempotency-key", "the-key")).await;
        let first = paid(&one).await.expect(200);
        payments.operate(1, "capture", "hand-over", Some(900)).await.expect(200);
        let again = paid(&one).await.expect(200);
        assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &first.body));
        assert_eq!(paid(&other).await.expect(422).problem(), "key_reused");
        let unknown = admin.post(&other, &json!({ "amount": 900 })).await.expect(400);
        assert_eq!(unknown.problem(), "unknown_field");
        assert_eq!(payments.state(2).await, "created");
    })
    .await;
}
