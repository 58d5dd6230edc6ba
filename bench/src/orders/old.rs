//! Orders of years ago, all of them over.

use anyhow::Result;
use sea_orm::{ConnectionTrait, DatabaseConnection, TransactionTrait};

/// Numbers that the service does not come to.
const NUMBERS: u64 = 1_000_000_000;

/// Writes so many into the order service's database, with their lines, steps and events; past its triggers, for the
/// warehouse has known them for years.
pub(super) async fn write(db: &DatabaseConnection, orders: u64) -> Result<()> {
    let tx = db.begin().await?;
    tx.execute_unprepared("SET LOCAL session_replication_role = replica").await?;
    for statement in statements(orders) {
        tx.execute_unprepared(&statement).await?;
    }
    tx.commit().await?;
    db.execute_unprepared("VACUUM ANALYZE").await?;
    Ok(())
}

fn statements(orders: u64) -> [String; 4] {
    let id =
        |kind: u32, number: &str| format!("('0000000{kind}-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid");
    let (order, all) = (id(1, "n"), format!("generate_series(1, {orders}) AS n"));
    let at = "timestamptz '2020-01-01' + n * interval '1 minute'";
    [
        format!(
            "INSERT INTO orders (id, number, borrower_id, currency, total_minor, deposit_minor, provider, state, stuck,
                version, created_at, updated_at)
            SELECT {order}, {NUMBERS} + n, {}, 'EUR', 900, 5000, 'test', 'closed', FALSE, 12, {at}, {at} FROM {all}",
            id(2, "n % 50000")
        ),
        format!(
            "INSERT INTO order_lines (id, order_id, position, item_id, name, owner_id, units, starts_at, ends_at,
                unit_price_minor, amount_minor, deposit_minor, progress)
            SELECT {}, {order}, 0, {}, 'Old ladder', {}, 1, {at}, {at} + interval '2 days', 450, 900, 5000, 'back'
            FROM {all}",
            id(3, "n"),
            id(4, "n % 100000"),
            id(2, "n % 20000")
        ),
        format!(
            "INSERT INTO order_steps (order_id, number, kind, line, state, attempts)
            SELECT {order}, step, (ARRAY['reserve', 'authorise', 'confirm', 'check_out', 'take_back', 'void'])[step],
                CASE WHEN step IN (2, 6) THEN NULL ELSE 0 END, 'done', 0
            FROM {all} CROSS JOIN generate_series(1, 6) AS step"
        ),
        format!(
            "INSERT INTO order_events (order_id, version, state, settled, stuck, at)
            SELECT {order}, version, 'closed', TRUE, FALSE, {at} FROM {all} CROSS JOIN generate_series(1, 6) AS version"
        ),
    ]
}
