//! One order from its placing to its end, with people who try again until they see what they want.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use test_kit::http::Client;
use tokio::time::sleep;
use uuid::Uuid;

use super::service::try_send;

/// Between two looks at an order.
const LOOK: Duration = Duration::from_millis(100);

/// How an order goes on once it is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Nobody does anything.
    Kept,
    /// It is handed over and brought back, if it is there.
    Used,
    /// It is given up.
    Cancelled,
}

/// Who does what to it.
#[derive(Clone)]
pub(super) struct People {
    pub(super) borrower: Client,
    pub(super) owner: Client,
    pub(super) admin: Client,
}

/// An order whose body is `body`, once nothing more will happen to it: what could not be handed over with the rest is left.
pub(super) async fn live(people: People, body: Value, way: Way) -> Value {
    let address = place(&people.borrower, &body).await;
    loop {
        let look = try_send(people.borrower.request(Method::GET, &address)).await;
        let Some((200, order)) = look else {
            sleep(LOOK).await;
            continue;
        };
        if order["stuck"] == true {
            retry(&people.admin, &address).await;
        } else if order["settled"] == true {
            let (who, act) = match (order["state"].as_str().unwrap(), way) {
                // What could not be handed over is not waited for.
                ("confirmed", Way::Used) if order["state_reason"].is_null() => (&people.owner, "hand-over"),
                ("confirmed", Way::Used | Way::Cancelled) => (&people.borrower, "cancel"),
                ("active", _) if is_out(&order) => (&people.owner, "return"),
                _ => return order,
            };
            // Refused if an answer was lost and it is done; the next look tells.
            let request = who.request(Method::POST, &format!("{address}/{act}")).json(&json!({}));
            let _done_or_not = try_send(request).await;
        }
        sleep(LOOK).await;
    }
}

/// Whether something is to be brought back.
fn is_out(order: &Value) -> bool {
    let mut lines = order["lines"].as_array().unwrap().iter();
    lines.any(|line| !line["period"].is_null() && line["progress"] == "handed_over")
}

/// Places it once, however often that has to be asked for.
async fn place(borrower: &Client, body: &Value) -> String {
    let key = Uuid::now_v7().to_string();
    loop {
        let request = borrower.request(Method::POST, "/api/v1/orders").header("idempotency-key", &key);
        match try_send(request.json(body)).await {
            Some((202, order)) => return format!("/api/v1/orders/{}", order["id"].as_str().unwrap()),
            Some((status @ (400 | 401 | 403 | 404 | 422), problem)) => panic!("{status}: {problem}"),
            _ => sleep(LOOK).await,
        }
    }
}

/// What an administrator does about a step that has failed five times.
async fn retry(admin: &Client, address: &str) {
    let steps = try_send(admin.request(Method::GET, &format!("{address}/steps"))).await;
    let stuck =
        steps.and_then(|(_, steps)| steps["items"].as_array()?.iter().find(|step| step["state"] == "stuck").cloned());
    if let Some(step) = stuck {
        eprintln!("an administrator asks again for step {} of {address}", step["number"]);
        let path = format!("{address}/steps/{}/retry", step["number"]);
        let _done_or_not = try_send(admin.request(Method::POST, &path)).await;
    }
}
