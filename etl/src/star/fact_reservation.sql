-- One row for each reservation, accumulating: when it was first seen in each of its states. What was released before anything
-- was set aside is no reservation.
WITH known AS (
    -- What a whole table already told is not news when its change is read as well.
    SELECT *, last_value(CASE WHEN op = 'S' THEN change_seq END) IGNORE NULLS OVER (
        PARTITION BY id ORDER BY load, change_seq ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS told FROM moved_reservations
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
known_now AS (
    SELECT seen.id, item_id, borrower_id, state, units, starts_at, ends_at, times.created_at, held_at, confirmed_at,
        checked_out_at, returned_at, released_at
    FROM seen JOIN times ON times.id = seen.id
    WHERE seen.age = 1 AND seen.op <> 'D'
    UNION ALL
    SELECT id, item_id, borrower_id, state, units, starts_at, ends_at, created_at,
        CASE WHEN state = 'held' THEN updated_at END, CASE WHEN state = 'confirmed' THEN updated_at END,
        CASE WHEN state = 'checked_out' THEN updated_at END, CASE WHEN state = 'returned' THEN updated_at END,
        CASE WHEN state IN ('released', 'expired') THEN updated_at END
    FROM settled_reservations
),
items AS (
    SELECT id, owner_key, category_key FROM item_change WHERE op <> 'D' AND age = 1
),
users AS (
    SELECT DISTINCT id FROM raw_users WHERE op <> 'D'
)
SELECT known_now.id AS reservation_key, coalesce(items.id, '-1') AS item_key,
    coalesce(users.id, '-1') AS borrower_key, coalesce(items.owner_key, '-1') AS owner_key,
    coalesce(items.category_key, '-1') AS category_key,
    state, units, starts_at, ends_at AS due_at, created_at, held_at, confirmed_at, checked_out_at, returned_at, released_at,
    -- What came back before the first load was lent, though nobody saw it go: it counts from when it was to begin.
    CASE WHEN starts_at IS NOT NULL AND state IN ('checked_out', 'returned')
        THEN coalesce(checked_out_at, least(starts_at, returned_at)) END AS lent_at,
    -- What is sold has no period. It is checked out for good.
    CASE WHEN starts_at IS NULL AND state = 'checked_out' THEN checked_out_at END AS sold_at,
    returned_at > ends_at AS returned_late
-- What stands before RIGHT JOIN is held in memory, so it is what there is less of.
FROM users RIGHT JOIN (
    items RIGHT JOIN known_now ON items.id = known_now.item_id
) ON users.id = known_now.borrower_id
WHERE known_now.item_id IS NOT NULL
