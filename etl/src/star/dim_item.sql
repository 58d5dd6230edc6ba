-- One row for each state of an item; type 2, its end being the beginning of the next.
SELECT id AS item_key, owner_key, category_key,
    condition, offer, units, daily_price_minor, deposit_minor, price_minor, currency, status,
    valid_from, valid_to, valid_to IS NULL AS is_current
FROM item_change
WHERE op <> 'D'
UNION ALL
SELECT '-1', '-1', '-1', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'unknown',
    arrow_cast(0, 'Timestamp(Microsecond, Some("UTC"))'), NULL, true
