-- One row for each payment as it is now, with when the ledger first moved its money in each direction. Price and deposit are
-- held in one sum. The price is taken first, and what is not fetched has none; so what was taken beyond it is kept of the
-- deposit, what is given back of it again is given back last, and what is held up to the deposit is the deposit.
WITH moved AS (
    SELECT payment_id,
        min(CASE WHEN from_account = 'payer' AND to_account = 'held' THEN posted_at END) AS authorised_at,
        min(CASE WHEN from_account = 'held' AND to_account = 'taken' THEN posted_at END) AS captured_at,
        min(CASE WHEN from_account = 'held' AND to_account = 'payer' THEN posted_at END) AS released_at,
        min(CASE WHEN from_account = 'taken' AND to_account = 'payer' THEN posted_at END) AS refunded_at
    FROM newest_ledger WHERE op <> 'D' GROUP BY payment_id
),
unfetched AS (
    SELECT order_id, sum(amount_minor) AS amount_minor FROM newest_order_lines
    WHERE op <> 'D' AND progress = 'not_fetched' GROUP BY order_id
),
priced AS (
    SELECT newest.*, newest.amount_minor - coalesce(unfetched.amount_minor, 0) AS price_minor
    FROM unfetched RIGHT JOIN newest_payments newest ON unfetched.order_id = newest.order_id
    WHERE newest.op <> 'D'
),
kept AS (
    SELECT *, least(
        greatest(captured_minor - price_minor, 0) - greatest(refunded_minor - price_minor, 0), deposit_minor
    ) AS deposit_kept_minor
    FROM priced
),
told AS (
    SELECT *, least(authorised_minor - captured_minor - released_minor, deposit_minor - deposit_kept_minor)
        AS deposit_held_minor
    FROM kept
),
users AS (
    SELECT DISTINCT id FROM raw_users WHERE op <> 'D'
)
SELECT told.id AS payment_key, told.order_id AS order_key, coalesce(users.id, '-1') AS payer_key, provider, state, currency,
    amount_minor, deposit_minor, authorised_minor, captured_minor, released_minor, refunded_minor, deposit_held_minor,
    CASE WHEN authorised_minor > 0 THEN deposit_minor - deposit_held_minor - deposit_kept_minor ELSE 0 END
        AS deposit_given_back_minor,
    deposit_kept_minor, created_at, authorised_at, captured_at, released_at, refunded_at
FROM users RIGHT JOIN (
    moved RIGHT JOIN told ON moved.payment_id = told.id
) ON users.id = told.payer_id
