-- Items that are offered now and were never lent nor sold, the oldest first.
SELECT item_key, owner_key, path AS category, first_seen_at
FROM (
    SELECT item_key, owner_key, category_key, status, is_current,
        min(valid_from) OVER (PARTITION BY item_key) AS first_seen_at
    FROM dim_item
) JOIN dim_category USING (category_key)
WHERE is_current AND status = 'listed'
    AND item_key NOT IN (SELECT item_key FROM fact_reservation WHERE lent_at IS NOT NULL OR sold_at IS NOT NULL)
ORDER BY first_seen_at, item_key
