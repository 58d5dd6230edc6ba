-- One row for each payment as it is now, with when the ledger first moved its money in each direction. What is kept of a
-- deposit is part of what was captured beyond the price.
WITH moved AS (
    SELECT payment_id,
        min(CASE WHEN from_account = 'payer' AND to_account = 'held' THEN posted_at END) AS authorised_at,
        min(CASE WHEN from_account = 'held' AND to_account = 'taken' THEN posted_at END) AS captured_at,
        min(CASE WHEN from_account = 'held' AND to_account = 'payer' THEN posted_at END) AS released_at,
        min(CASE WHEN from_account = 'taken' AND to_account = 'payer' THEN posted_at END) AS refunded_at
    FROM newest_ledger WHERE op <> 'D' GROUP BY payment_id
),
users AS (
    SELECT DISTINCT id FROM raw_users WHERE op <> 'D'
)
SELECT newest.id AS payment_key, newest.order_id AS order_key, coalesce(users.id, '-1') AS payer_key, newest.provider,
    newest.state, newest.currency, newest.amount_minor, newest.deposit_minor, newest.authorised_minor,
    newest.captured_minor, newest.released_minor, newest.refunded_minor,
    greatest(newest.captured_minor - newest.refunded_minor - newest.amount_minor, 0) AS deposit_kept_minor,
    newest.created_at, authorised_at, captured_at, released_at, refunded_at
FROM newest_payments newest
LEFT JOIN moved ON moved.payment_id = newest.id
LEFT JOIN users ON users.id = newest.payer_id
WHERE newest.op <> 'D'
