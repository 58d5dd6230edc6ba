-- One row for each state of an item; type 2, its end being the beginning of the next.
WITH spans AS (
    SELECT *, lead(at) OVER (PARTITION BY id ORDER BY load, change_seq) AS valid_to FROM item_change
)
SELECT id AS item_key, owner_key, category_key,
    condition, offer, units, daily_price_minor, deposit_minor, price_minor, currency, status,
    at AS valid_from, valid_to, valid_to IS NULL AS is_current
FROM spans
WHERE op <> 'D'
UNION ALL
SELECT '-1', '-1', '-1', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'unknown',
    arrow_cast(0, 'Timestamp(Microsecond, Some("UTC"))'), NULL, true
