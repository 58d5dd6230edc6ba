//! Somebody with things to lend, somebody who borrows them, and the days on which that happens.

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::http::{Client, send};

const PASSWORD: &str = "eleven quiet lorries";

/// Things of the same kind, each with so many units; and days on which they can be had.
const ITEMS: usize = 20;
const UNITS: u32 = 20;
const DAYS: usize = 20;

/// Where each service is; behind a gateway they are all at one place.
#[derive(Clone, Copy)]
pub(super) struct Places<'a> {
    pub(super) users: &'a Client,
    pub(super) inventory: &'a Client,
    pub(super) orders: &'a Client,
}

/// Both of them ask the order service.
pub(super) struct Shop {
    pub(super) owner: Client,
    pub(super) borrower: Client,
    items: Vec<String>,
    days: Vec<String>,
}

impl Shop {
    /// Opens it with things of this category, which has to exist.
    pub(super) async fn open(at: Places<'_>, category: &str) -> Result<Self> {
        let [owner, borrower] = [join(at.users, "owner").await?, join(at.users, "borrower").await?];
        let mut items = Vec::with_capacity(ITEMS);
        let euros = |amount_minor: i64| json!({ "amount_minor": amount_minor, "currency": "EUR" });
        for number in 0..ITEMS {
            let item = json!({
                "name": format!("Bench ladder {number}"), "category": category, "units": UNITS,
                "daily_price": euros(450), "deposit": euros(5_000), "max_loan_days": 14,
            });
            let made = at.inventory.with_token(&*owner).post("/api/v1/items", &item).await.expect(201).json();
            items.push(text(&made["id"])?);
        }
        let first = items.first().context("an item")?;
        let calendar = at.inventory.get(&format!("/api/v1/items/{first}/availability")).await.expect(200).json();
        let days = calendar["days"].as_array().context("days")?;
        let days = days.iter().skip(1).take(DAYS + 1).map(|day| text(&day["date"])).collect::<Result<_>>()?;
        let (owner, borrower) = (at.orders.with_token(owner), at.orders.with_token(borrower));
        Ok(Self { owner, borrower, items, days })
    }

    /// Places the order with this number, each of other things or on another day; its address.
    pub(super) async fn place(&self, number: usize) -> Result<String> {
        let day = number / ITEMS % (self.days.len() - 1);
        let hour = |day: &str| format!("{day}T08:00:00Z");
        let period = json!({ "start": hour(&self.days[day]), "end": hour(&self.days[day + 1]) });
        let order = json!({
            "lines": [{ "item_id": self.items[number % ITEMS], "units": 1, "period": period }],
            "payment": { "provider": "test", "token": "tok_approved" },
        });
        let request = self.borrower.request(Method::POST, "/api/v1/orders");
        let key = format!("bench-{number}");
        let placed = send(request.header("idempotency-key", key).json(&order)).await.expect(202);
        Ok(placed.header("location").context("an order has an address")?.to_owned())
    }

    /// How many orders there can be.
    pub(super) fn capacity(&self) -> usize {
        ITEMS * usize::try_from(UNITS).unwrap_or(0) * (self.days.len() - 1)
    }
}

/// Registers and signs in; the access token.
async fn join(users: &Client, name: &str) -> Result<String> {
    let email = format!("{name}@bench.example");
    let account = json!({ "email": email, "password": PASSWORD, "display_name": name });
    users.post("/api/v1/auth/register", &account).await.expect(201);
    let login = json!({ "email": email, "password": PASSWORD });
    text(&users.post("/api/v1/auth/login", &login).await.expect(200).json()["access_token"])
}

fn text(value: &Value) -> Result<String> {
    Ok(value.as_str().context("a text")?.to_owned())
}
