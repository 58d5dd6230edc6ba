use super::{ITEMS, MEMBERS, id};

/// When an order was placed.
const PLACED: &str = "timestamptz '2025-01-01' + n % 500 * interval '1 day'";

/// So many orders of one line each.
pub(super) fn orders(count: u64) -> [String; 2] {
    let (order, borrower) = (id(6, "n"), id(2, &format!("n * 7 % {MEMBERS} + 1")));
    let orders = format!(
        "INSERT INTO orders (id, number, borrower_id, currency, total_minor, deposit_minor, provider, state, stuck, version,
            created_at, updated_at)
         SELECT {order}, n, {borrower}, 'EUR', 1000, 300, 'test',
            (ARRAY['confirmed', 'active', 'closed', 'cancelled'])[n % 4 + 1], false, 6, {PLACED}, {PLACED}
         FROM generate_series(1, {count}) AS numbers(n)"
    );
    let lines = format!(
        "INSERT INTO order_lines (id, order_id, position, item_id, name, owner_id, units, starts_at, ends_at,
            unit_price_minor, amount_minor, deposit_minor, progress)
         SELECT {}, {order}, 0, {}, 'Drill', {}, 1, {PLACED}, {PLACED} + interval '3 days', 1000, 1000, 300, 'returned'
         FROM generate_series(1, {count}) AS numbers(n)",
        id(7, "n"),
        id(3, &format!("n % {ITEMS} + 1")),
        id(2, &format!("n % {MEMBERS} + 1"))
    );
    [orders, lines]
}

/// A payment for each order, taken but for the deposit, which was given back.
pub(super) fn payments(count: u64) -> [String; 2] {
    let payment = id(8, "n");
    let payments = format!(
        "INSERT INTO payments (id, order_id, step, payer_id, provider, amount_minor, deposit_minor, currency, request_sha256,
            authorised_minor, captured_minor, released_minor, refunded_minor, in_doubt, called_off, version, created_at,
            updated_at)
         SELECT {payment}, {}, 'pay', {}, 'test', 1000, 300, 'EUR', '', 1300, 1000, 300, 0, false, false, 4, {PLACED}, {PLACED}
         FROM generate_series(1, {count}) AS numbers(n)",
        id(6, "n"),
        id(2, &format!("n * 7 % {MEMBERS} + 1"))
    );
    let ledger = format!(
        "INSERT INTO ledger (payment_id, operation_id, from_account, to_account, amount_minor, posted_at)
         SELECT {payment}, {}, source, target, minor, {PLACED}
         FROM generate_series(1, {count}) AS numbers(n), (VALUES (0, 'payer', 'held', 1300), (1, 'held', 'taken', 1000),
            (2, 'held', 'payer', 300)) AS moved(step, source, target, minor)",
        id(9, "n * 3 + step")
    );
    [payments, ledger]
}
