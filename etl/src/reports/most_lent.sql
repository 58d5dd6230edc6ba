-- What is lent most: how often each item went out, and for how long.
SELECT item_key, path AS category, count(*) AS times_lent, sum(units) AS units_lent,
    round(sum(date_part('epoch', coalesce(returned_at, at) - lent_at)) / 86400.0, 1) AS days_out,
    max(lent_at) AS last_lent_at
-- What stands before CROSS JOIN is held in memory, so it is the one row.
FROM newest_load CROSS JOIN (dim_category JOIN fact_reservation USING (category_key))
WHERE lent_at IS NOT NULL
GROUP BY item_key, path
ORDER BY times_lent DESC, item_key
