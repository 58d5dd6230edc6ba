-- One row for each order, accumulating: when it was first seen in each of its states, and how it ended.
WITH known AS (
    -- What a whole table already told is not news when its change is read as well.
    SELECT *, last_value(CASE WHEN op = 'S' THEN change_seq END) IGNORE NULLS OVER (
        PARTITION BY id ORDER BY load, change_seq ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS told FROM moved_orders
),
seen AS (
    SELECT *, row_number() OVER (PARTITION BY id ORDER BY load DESC, change_seq DESC) AS age
    FROM known
    WHERE op = 'S' OR told IS NULL OR change_seq > told OR change_seq = 0
),
times AS (
    SELECT id, min(created_at) AS created_at,
        min(CASE WHEN state = 'reserved' THEN updated_at END) AS reserved_at,
        min(CASE WHEN state IN ('awaiting_approval', 'authorised') THEN updated_at END) AS authorised_at,
        min(CASE WHEN state = 'confirmed' THEN updated_at END) AS confirmed_at,
        min(CASE WHEN state = 'active' THEN updated_at END) AS handed_over_at,
        min(CASE WHEN state = 'returned' THEN updated_at END) AS returned_at,
        min(CASE WHEN state = 'closed' THEN updated_at END) AS closed_at,
        min(CASE WHEN state IN ('rejected', 'payment_failed', 'declined', 'cancelled', 'expired') THEN updated_at END)
            AS failed_at
    FROM seen WHERE op <> 'D' GROUP BY id
),
known_now AS (
    SELECT seen.id, borrower_id, state, provider, currency, total_minor, deposit_minor, times.created_at, reserved_at,
        authorised_at, confirmed_at, handed_over_at, returned_at, closed_at, failed_at
    FROM seen JOIN times ON times.id = seen.id
    WHERE seen.age = 1 AND seen.op <> 'D'
    UNION ALL
    SELECT id, borrower_id, state, provider, currency, total_minor, deposit_minor, created_at,
        CASE WHEN state = 'reserved' THEN updated_at END,
        CASE WHEN state IN ('awaiting_approval', 'authorised') THEN updated_at END,
        CASE WHEN state = 'confirmed' THEN updated_at END, CASE WHEN state = 'active' THEN updated_at END,
        CASE WHEN state = 'returned' THEN updated_at END, CASE WHEN state = 'closed' THEN updated_at END,
        CASE WHEN state IN ('rejected', 'payment_failed', 'declined', 'cancelled', 'expired') THEN updated_at END
    FROM settled_orders
),
users AS (
    SELECT DISTINCT id FROM raw_users WHERE op <> 'D'
)
SELECT known_now.id AS order_key, coalesce(users.id, '-1') AS borrower_key, state, provider, currency, total_minor,
    deposit_minor, created_at, reserved_at, authorised_at, confirmed_at, handed_over_at, returned_at, closed_at, failed_at
FROM users RIGHT JOIN known_now ON users.id = known_now.borrower_id
