//! The database itself refuses what the application would never write.

use http::HeaderMap;
use inventory_api::ReservationClient;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use serde_json::json;

use crate::inventory::on_both_at_noon;
use crate::reservations::{days, hold, id, item};

/// Copies the one booking there is under another reservation, moved by some hours, in another state.
async fn copy(db: &sea_orm::DatabaseConnection, hours: i64, state: &str) -> Result<(), DbErr> {
    let (backend, shifted) = match db.get_database_backend() {
        DbBackend::Postgres => (DbBackend::Postgres, format!("{{}} + interval '{hours} hours'")),
        _ => (DbBackend::Sqlite, format!("strftime('%Y-%m-%dT%H:%M:%S', {{}}, '{hours} hours') || '+00:00'")),
    };
    let (start, end) = (shifted.replace("{}", "starts_at"), shifted.replace("{}", "blocked_until"));
    let other = "(SELECT id FROM reservations WHERE id <> (SELECT reservation_id FROM bookings LIMIT 1) LIMIT 1)";
    let sql = format!(
        "INSERT INTO bookings (reservation_id, unit_id, item_id, starts_at, blocked_until, state, expires_at)
        SELECT {other}, unit_id, item_id, {start}, {end}, '{state}', expires_at FROM bookings LIMIT 1"
    );
    db.execute_raw(Statement::from_string(backend, sql)).await.map(drop)
}

#[tokio::test]
async fn an_overlap_that_comes_around_the_service_is_refused() {
    on_both_at_noon(async |inventory, _| {
        let item = item(inventory, 1, json!({})).await;
        let client = inventory.reservations();
        let none = HeaderMap::new();
        client.hold(id(1), &hold(item, 1, days(1, 2)), &none).await.unwrap();
        client.release(id(9), &none).await.unwrap();
        let db = inventory.database().await;
        for (hours, state) in [(0, "held"), (23, "confirmed"), (-23, "checked_out")] {
            let refused = copy(&db, hours, state).await.unwrap_err().to_string();
            assert!(refused.contains("bookings_no_overlap"), "{refused}");
        }
        // What does not block overlaps nothing, until it is made to.
        copy(&db, 12, "released").await.unwrap();
        let revived = db.execute_unprepared("UPDATE bookings SET state = 'confirmed'").await.unwrap_err().to_string();
        assert!(revived.contains("bookings_no_overlap"), "{revived}");
        db.execute_unprepared("DELETE FROM bookings WHERE state = 'released'").await.unwrap();
        copy(&db, 24, "confirmed").await.unwrap();
        let stretched = if db.get_database_backend() == DbBackend::Postgres {
            "UPDATE bookings SET blocked_until = blocked_until + interval '1 second'"
        } else {
            "UPDATE bookings SET blocked_until = strftime('%Y-%m-%dT%H:%M:%S', blocked_until, '1 seconds') || '+00:00'"
        };
        let stretched = db.execute_unprepared(stretched).await.unwrap_err().to_string();
        assert!(stretched.contains("bookings_no_overlap"), "{stretched}");
        db.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_stock_below_nothing_is_refused() {
    on_both_at_noon(async |inventory, _| {
        let category = inventory.category("Books").await;
        let price = json!({ "amount_minor": 900, "currency": "EUR" });
        let novel = json!({ "name": "Novel", "category": category, "offer": "sell", "stock": 1, "price": price });
        inventory.member("ada").offers(&novel).await;
        let db = inventory.database().await;
        let refused = db.execute_unprepared("UPDATE items SET stock = stock - 2").await.unwrap_err().to_string();
        assert!(refused.to_lowercase().contains("check"), "{refused}");
        db.close().await.unwrap();
    })
    .await;
}
