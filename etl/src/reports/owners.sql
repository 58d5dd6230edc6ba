-- What each owner offers now and how often it was lent.
SELECT items.owner_key, items.items, coalesce(lent.times_lent, 0) AS times_lent
FROM (
    SELECT owner_key, count(*) AS items FROM dim_item
    WHERE is_current AND status = 'listed' AND item_key <> '-1' GROUP BY owner_key
) items
LEFT JOIN (
    SELECT owner_key, count(*) AS times_lent FROM fact_reservation WHERE lent_at IS NOT NULL GROUP BY owner_key
) lent ON lent.owner_key = items.owner_key
ORDER BY items.items DESC, items.owner_key
