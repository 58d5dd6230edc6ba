-- How long things are out and how often they come back late, by category.
SELECT path AS category, count(*) AS returned, count(*) FILTER (WHERE returned_late) AS late,
    round(avg(date_part('epoch', returned_at - lent_at)) / 86400.0, 1) AS mean_days_out
FROM dim_category JOIN fact_reservation USING (category_key)
WHERE returned_at IS NOT NULL AND lent_at IS NOT NULL
GROUP BY path
ORDER BY late DESC, category
