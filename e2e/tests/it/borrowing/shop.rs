//! A platform with an owner, a borrower and somebody else, and what each of them does and sees.

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use test_kit::http::{Client, send};
use test_kit::wait_until;
use uuid::Uuid;

use crate::member::{Member, join};
use crate::platform::{Platform, START};

/// What the kayak costs for the days of [`lent_for`], in cents.
pub(super) const RENT: i64 = 900;
/// What is held besides.
pub(super) const DEPOSIT: i64 = 5_000;

pub(super) struct Shop {
    platform: Platform,
    pub(super) owner: Member,
    pub(super) borrower: Member,
    pub(super) other: Member,
    directory: TempDir,
}

impl Shop {
    /// With the test bank, which takes part in demonstrations.
    pub(super) async fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let platform = Platform::up_with(directory.path(), &["--demo"]).await;
        let owner = join(&platform.web, "owner@example.org").await;
        let borrower = join(&platform.web, "borrower@example.org").await;
        let other = join(&platform.web, "other@example.org").await;
        Self { platform, owner, borrower, other, directory }
    }

    pub(super) fn anybody(&self) -> &Client {
        &self.platform.web
    }

    /// The owner offers something; its id.
    pub(super) async fn offers(&self, item: &Value) -> String {
        let made = self.owner.client.post("/api/v1/items", item).await.expect(201).json();
        made["id"].as_str().unwrap().to_owned()
    }

    /// The borrower orders it past the cart; the order's address.
    pub(super) async fn orders(&self, item: &str, days: &[String], token: &str) -> String {
        let mut line = lent_for(days);
        line["item_id"] = item.into();
        place(&self.borrower, &json!({ "lines": [line], "payment": pays(token) })).await
    }

    /// Today and the days after it, where the thing is.
    pub(super) async fn days(&self, item: &str) -> Vec<String> {
        let days = self.availability(item).await;
        days.iter().map(|day| day["date"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits until anybody can see that so many are free today and on the days after it.
    pub(super) async fn comes_to_have_free<const N: usize>(&self, item: &str, expected: [i64; N]) {
        wait_until(&format!("the days of {item} to be {expected:?}"), START, async || {
            let days = self.availability(item).await;
            days.iter().take(N).map(|day| day["free"].as_i64().unwrap()).eq(expected)
        })
        .await;
    }

    pub(super) async fn stock(&self, item: &str) -> i64 {
        let item = self.anybody().get(&format!("/api/v1/items/{item}")).await.expect(200).json();
        item["stock"].as_i64().unwrap()
    }

    /// Waits until anybody can see that so many are left.
    pub(super) async fn comes_to_have_in_stock(&self, item: &str, expected: i64) {
        let left = format!("{expected} of {item} to be left");
        wait_until(&left, START, async || self.stock(item).await == expected).await;
    }

    /// Whether the calendar on the item's page has this day as free; panics if it has it neither as free nor as taken.
    pub(super) async fn page_says_free(&self, item: &str, day: &str) -> bool {
        let page = self.anybody().get(&format!("/en/items/{item}")).await.expect(200);
        let page = String::from_utf8(page.body).unwrap();
        let says = |class: &str| page.contains(&format!(r#"<td class="{class}"><time datetime="{day}">"#));
        assert_ne!(says("free"), says("full"), "{day} on {page}");
        says("free")
    }

    /// Whether the page of the item says that somebody has it.
    pub(super) async fn page_says_in_use(&self, item: &str) -> bool {
        let page = self.anybody().get(&format!("/en/items/{item}")).await.expect(200);
        String::from_utf8(page.body).unwrap().contains("<dd>in use</dd>")
    }

    /// How the borrower's payment for an order stands: its state, what is held, and what was taken.
    pub(super) async fn money(&self, order: &str) -> [Value; 3] {
        let path = format!("/internal/v1/payments/{}/authorise", order.rsplit('/').next().unwrap());
        let known = self.payments().get(&path).await.expect(200).json();
        let path = format!("/api/v1/payments/{}", known["id"].as_str().unwrap());
        let payment = self.borrower.client.get(&path).await.expect(200).json();
        let amount = |name: &str| payment[name]["amount_minor"].clone();
        [payment["state"].clone(), amount("held"), amount("captured")]
    }

    /// Of which days how many are free, as anybody is told.
    async fn availability(&self, item: &str) -> Vec<Value> {
        let path = format!("/api/v1/items/{item}/availability");
        let answer = self.anybody().get(&path).await.expect(200).json();
        answer["days"].as_array().unwrap().clone()
    }

    /// The payment service as the order service reaches it: only there an order leads to its payment.
    fn payments(&self) -> Client {
        let read = |path: &str| std::fs::read_to_string(self.directory.path().join(path)).unwrap();
        let endpoints: Value = serde_json::from_str(&read("run/endpoints.json")).unwrap();
        let client = Client::new(format!("http://{}", endpoints["payments"].as_str().unwrap()));
        client.with_token(read("secrets/service-credential").trim())
    }
}

/// A thing of which there is one.
pub(super) fn kayak() -> Value {
    let euros = |amount_minor: i64| json!({ "amount_minor": amount_minor, "currency": "EUR" });
    json!({
        "name": "Sea kayak", "category": "camping", "daily_price": euros(RENT / 2), "deposit": euros(DEPOSIT),
        "max_loan_days": 14,
    })
}

/// A line without its item: two days from tomorrow morning on, which touch three days of the calendar.
pub(super) fn lent_for(days: &[String]) -> Value {
    let morning = |day: &str| format!("{day}T08:00:00Z");
    json!({ "units": 1, "period": { "start": morning(&days[1]), "end": morning(&days[3]) } })
}

pub(super) fn pays(token: &str) -> Value {
    json!({ "provider": "test", "token": token })
}

/// Puts an item into somebody's cart.
pub(super) async fn put(member: &Member, item: &str, line: &Value) {
    let request = member.client.request(Method::PUT, &format!("/api/v1/cart/lines/{item}"));
    send(request.json(line)).await.expect(200);
}

/// Somebody places an order; its address.
pub(super) async fn place(member: &Member, order: &Value) -> String {
    let request = member.client.request(Method::POST, "/api/v1/orders");
    let request = request.header("idempotency-key", Uuid::now_v7().to_string()).json(order);
    send(request).await.expect(202).header("location").unwrap().to_owned()
}

/// Somebody does something to an order, as they may.
pub(super) async fn act(member: &Member, order: &str, act: &str, body: &Value) {
    member.client.post(&format!("{order}/{act}"), body).await.expect(200);
}

/// The order as somebody sees it once it has this state and nothing of it is under way.
pub(super) async fn settled(member: &Member, order: &str, state: &str) -> Value {
    let mut last = Value::Null;
    wait_until(&format!("{order} to be {state} and settled"), START, async || {
        last = member.client.get(order).await.expect(200).json();
        last["state"] == state && last["settled"] == true
    })
    .await;
    last
}
