//! Whether what the orders say is what the inventory has set aside and the payment service has moved, to the unit and cent.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ConnectionTrait, Database, QueryResult, Statement};
use serde_json::Value;
use test_kit::TestDatabase;
use uuid::Uuid;

use super::town::{NOVELS, Town};

/// What is wrong, in words; nothing if all of `orders`, which are all there are, agree with everything else.
pub(super) async fn differences(town: &Town, orders: &[Value]) -> Vec<String> {
    let mut wrong = money(&town.databases.payments, orders).await;
    let promised = promised(&town.databases.orders).await;
    let set_aside = set_aside(&town.databases.inventory).await;
    if promised != set_aside {
        let orphans = set_aside.difference(&promised).count();
        let missing = promised.difference(&set_aside).count();
        wrong.push(format!("{orphans} reservations are of no order, and {missing} are missing"));
    }
    let sold: i64 =
        orders.iter().filter(|order| is_any(order, &["confirmed", "active", "closed"])).map(sold_units).sum();
    let item = town.inventory().get(&format!("/api/v1/items/{}", town.novel)).await.expect(200).json();
    if item["stock"] != NOVELS - sold {
        wrong.push(format!("{sold} are sold, and {} of {NOVELS} are left", item["stock"]));
    }
    wrong
}

/// What was captured and not refunded, and what is held still, of each order: as its state says.
async fn money(payments: &TestDatabase, orders: &[Value]) -> Vec<String> {
    let sql = "SELECT order_id, captured_minor - refunded_minor, authorised_minor - captured_minor - released_minor
        FROM payments";
    let rows = rows(payments, sql).await;
    let moved = rows.iter().map(|row| (text(row), (number(row, 1), number(row, 2))));
    let mut moved: BTreeMap<String, (i64, i64)> = moved.collect();
    let mut wrong = Vec::new();
    let (mut due, mut taken) = (0, 0);
    for order in orders {
        let expected = expected(order);
        let found = moved.remove(order["id"].as_str().unwrap()).unwrap_or_default();
        (due, taken) = (due + expected.0, taken + found.0);
        if found != expected {
            wrong.push(format!("taken and held: {found:?} and not {expected:?} for {order}"));
        }
    }
    if !moved.is_empty() {
        wrong.push(format!("{} payments are of no order", moved.len()));
    }
    if due != taken {
        wrong.push(format!("{due} is due, and {taken} was taken"));
    }
    wrong
}

/// What was taken, and what is held.
fn expected(order: &Value) -> (i64, i64) {
    let amount = |value: &Value| value["amount_minor"].as_i64().unwrap();
    let total = amount(&order["total"]);
    let lines = order["lines"].as_array().unwrap().iter();
    let sold: i64 = lines.filter(|line| line["period"].is_null()).map(|line| amount(&line["amount"])).sum();
    match order["state"].as_str().unwrap() {
        // What is sold is paid at once, what is lent when it is fetched; of what is in use still, it was not.
        "confirmed" | "active" => (sold, total - sold + amount(&order["deposit_total"])),
        "closed" => (total, 0),
        _ => (0, 0),
    }
}

fn sold_units(order: &Value) -> i64 {
    let lines = order["lines"].as_array().unwrap().iter();
    lines.filter(|line| line["period"].is_null()).map(|line| line["units"].as_i64().unwrap()).sum()
}

fn is_any(order: &Value, states: &[&str]) -> bool {
    states.iter().any(|state| order["state"] == *state)
}

async fn promised(orders: &TestDatabase) -> BTreeSet<String> {
    let sql = "SELECT order_lines.id FROM order_lines JOIN orders ON orders.id = order_lines.order_id
        WHERE orders.state IN ('confirmed', 'active') AND order_lines.progress = 'agreed'";
    rows(orders, sql).await.iter().map(text).collect()
}

async fn set_aside(inventory: &TestDatabase) -> BTreeSet<String> {
    let sql = "SELECT id FROM reservations WHERE state IN ('held', 'confirmed')";
    rows(inventory, sql).await.iter().map(text).collect()
}

pub(super) async fn rows(database: &TestDatabase, sql: &str) -> Vec<QueryResult> {
    let db = Database::connect(database.url()).await.unwrap();
    db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap()
}

fn text(row: &QueryResult) -> String {
    row.try_get_by_index::<Uuid>(0).unwrap().to_string()
}

fn number(row: &QueryResult, column: usize) -> i64 {
    row.try_get_by_index(column).unwrap()
}
