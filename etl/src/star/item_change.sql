-- Every item's states and deletions in their order, without the rows that repeat the state before. A first state holds from
-- the item's creation on: what it was like before the first load nobody knows any more. A deletion is dated by the run that
-- found it, or by the state that follows it in the same run.
WITH known AS (
    -- What a whole table already told is not news when its change is read as well. Of an item that is gone only what its
    -- changes kept is known, which its lacking creation shows; for the rest it is as it was before.
    SELECT id, load, change_seq, op, loaded_at, category_id, daily_price_minor, price_minor, status, created_at, updated_at,
        last_value(owner_id) IGNORE NULLS OVER so_far AS owner_id,
        last_value(condition) IGNORE NULLS OVER so_far AS condition,
        last_value(offer) IGNORE NULLS OVER so_far AS offer,
        last_value(units) IGNORE NULLS OVER so_far AS units,
        last_value(currency) IGNORE NULLS OVER so_far AS currency,
        CASE WHEN created_at IS NULL THEN last_value(deposit_minor) IGNORE NULLS OVER so_far ELSE deposit_minor END
            AS deposit_minor,
        last_value(CASE WHEN op = 'S' THEN change_seq END) IGNORE NULLS OVER so_far AS told
    FROM moved_items
    WINDOW so_far AS (
        PARTITION BY id ORDER BY load, change_seq ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
),
seen AS (
    SELECT *, lag(op) OVER item AS previous_op, lead(updated_at) OVER item AS next_at,
        lag(owner_id) OVER item AS previous_owner, lag(category_id) OVER item AS previous_category,
        lag(condition) OVER item AS previous_condition, lag(offer) OVER item AS previous_offer,
        lag(units) OVER item AS previous_units, lag(daily_price_minor) OVER item AS previous_daily_price,
        lag(deposit_minor) OVER item AS previous_deposit, lag(price_minor) OVER item AS previous_price,
        lag(currency) OVER item AS previous_currency, lag(status) OVER item AS previous_status
    FROM known
    WHERE op = 'S' OR told IS NULL OR change_seq > told OR change_seq = 0
    WINDOW item AS (PARTITION BY id ORDER BY load, change_seq)
),
changed AS (
    SELECT id, load, change_seq, op, previous_op, previous_status,
        CASE WHEN op = 'D' THEN previous_owner ELSE owner_id END AS owner_id,
        CASE WHEN op = 'D' THEN previous_category ELSE category_id END AS category_id,
        condition, offer, units, daily_price_minor, deposit_minor, price_minor, currency,
        coalesce(status, previous_status) AS status,
        CASE
            WHEN op = 'D' THEN least(loaded_at, coalesce(next_at, loaded_at))
            WHEN previous_op IS NULL THEN coalesce(created_at, updated_at)
            ELSE updated_at
        END AS at
    FROM seen
    WHERE CASE
        WHEN op = 'D' THEN previous_op <> 'D'
        WHEN previous_op IS NULL OR previous_op = 'D' THEN true
        ELSE (owner_id IS DISTINCT FROM previous_owner) OR (category_id IS DISTINCT FROM previous_category)
            OR (condition IS DISTINCT FROM previous_condition) OR (offer IS DISTINCT FROM previous_offer)
            OR (units IS DISTINCT FROM previous_units) OR (daily_price_minor IS DISTINCT FROM previous_daily_price)
            OR (deposit_minor IS DISTINCT FROM previous_deposit) OR (price_minor IS DISTINCT FROM previous_price)
            OR (currency IS DISTINCT FROM previous_currency) OR (status IS DISTINCT FROM previous_status)
        END
),
dated AS (
    -- Times never go back, even where the clock of a service did.
    SELECT *, max(at) OVER (
        PARTITION BY id ORDER BY load, change_seq ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS valid_from FROM changed
),
spans AS (
    SELECT *, lead(valid_from) OVER (PARTITION BY id ORDER BY load, change_seq) AS valid_to,
        row_number() OVER (PARTITION BY id, op = 'D' ORDER BY load DESC, change_seq DESC) AS age
    FROM dated
    UNION ALL
    -- Of an item that has only ever been in one row there is one state, and nothing came before or after it.
    SELECT id, load, change_seq, op, NULL, NULL, owner_id, category_id, condition, offer, units, daily_price_minor,
        deposit_minor, price_minor, currency, status, coalesce(created_at, updated_at), coalesce(created_at, updated_at),
        NULL, 1
    FROM settled_items
),
users AS (
    SELECT DISTINCT id FROM raw_users WHERE op <> 'D'
)
-- A key that has not arrived, or whose category is gone, joins the row that says so. The age counts an item's states, and its
-- deletions, from the last one backwards.
SELECT spans.id, spans.load, spans.change_seq, spans.op, previous_op, previous_status,
    coalesce(users.id, '-1') AS owner_key, coalesce(dim_category.category_key, '-1') AS category_key,
    condition, offer, units, daily_price_minor, deposit_minor, price_minor, currency, spans.status,
    valid_from, valid_to, age
FROM users RIGHT JOIN (
    dim_category RIGHT JOIN spans ON dim_category.category_key = spans.category_id
) ON users.id = spans.owner_id
