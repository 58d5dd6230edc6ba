-- One row for everything that happened to an item.
SELECT id AS item_key, owner_key, category_key,
    CASE
        WHEN op = 'D' THEN 'deleted'
        WHEN previous_op IS NULL OR previous_op = 'D' THEN 'created'
        WHEN status = 'retired' AND (previous_status IS DISTINCT FROM 'retired') THEN 'retired'
        ELSE 'changed'
    END AS event,
    valid_from AS occurred_at, daily_price_minor, status
FROM item_change
