-- One row for each line of an order, as it is now.
WITH items AS (
    SELECT id AS item_key, category_key FROM item_change WHERE op <> 'D' AND age = 1
),
users AS (
    SELECT DISTINCT id FROM raw_users WHERE op <> 'D'
)
SELECT newest.id AS order_line_key, newest.order_id AS order_key, coalesce(items.item_key, '-1') AS item_key,
    coalesce(users.id, '-1') AS owner_key, coalesce(items.category_key, '-1') AS category_key,
    coalesce(fact_order.borrower_key, '-1') AS borrower_key, fact_order.state AS order_state, newest.progress,
    newest.position, newest.units, newest.starts_at, newest.ends_at AS due_at, fact_order.currency,
    newest.unit_price_minor, newest.amount_minor, newest.deposit_minor, fact_order.created_at AS ordered_at
FROM users RIGHT JOIN (
    items RIGHT JOIN (
        fact_order RIGHT JOIN newest_order_lines newest ON fact_order.order_key = newest.order_id
    ) ON items.item_key = newest.item_id
) ON users.id = newest.owner_id
WHERE newest.op <> 'D'
