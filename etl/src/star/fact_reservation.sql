-- One row for each reservation, accumulating: when it was first seen in each of its states. A reservation that was released
-- before it was ever held has no time of its own.
WITH known AS (
    -- What a whole table already told is not news when its change is read as well.
    SELECT *, last_value(CASE WHEN op = 'S' THEN change_seq END) IGNORE NULLS OVER (
        PARTITION BY id ORDER BY load, change_seq ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS told FROM raw_reservations
),
seen AS (
    SELECT *, row_number() OVER (PARTITION BY id ORDER BY load DESC, change_seq DESC) AS age
    FROM known
    WHERE op = 'S' OR told IS NULL OR change_seq > told OR change_seq = 0
),
times AS (
    SELECT id, min(created_at) AS created_at,
        min(CASE WHEN state = 'held' THEN updated_at END) AS held_at,
        min(CASE WHEN state = 'confirmed' THEN updated_at END) AS confirmed_at,
        min(CASE WHEN state = 'checked_out' THEN updated_at END) AS checked_out_at,
        min(CASE WHEN state = 'returned' THEN updated_at END) AS returned_at,
        min(CASE WHEN state IN ('released', 'expired') THEN updated_at END) AS released_at
    FROM seen WHERE op <> 'D' GROUP BY id
),
items AS (
    SELECT item_key, owner_key, category_key, row_number() OVER (PARTITION BY item_key ORDER BY valid_from DESC) AS age
    FROM dim_item
),
users AS (
    SELECT DISTINCT id FROM raw_users WHERE op <> 'D'
)
SELECT seen.id AS reservation_key, coalesce(items.item_key, '-1') AS item_key,
    coalesce(users.id, '-1') AS borrower_key, coalesce(items.owner_key, '-1') AS owner_key,
    coalesce(items.category_key, '-1') AS category_key,
    seen.state, seen.units, seen.starts_at, seen.ends_at AS due_at,
    times.created_at, held_at, confirmed_at, checked_out_at, returned_at, released_at,
    returned_at > seen.ends_at AS returned_late
FROM seen
JOIN times ON times.id = seen.id
LEFT JOIN items ON items.item_key = seen.item_id AND items.age = 1
LEFT JOIN users ON users.id = seen.borrower_id
WHERE seen.age = 1 AND seen.op <> 'D'
