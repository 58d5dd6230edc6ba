-- One row for each day from the first on which anything was made to the last on which anything is due, or news came of the
-- inventory; at most 100 years.
WITH bounds AS (
    SELECT min(first_day) AS first_day, max(last_day) AS last_day FROM (
        SELECT CAST(min(created_at) AS DATE) AS first_day, CAST(max(updated_at) AS DATE) AS last_day FROM raw_users
        UNION ALL
        SELECT CAST(min(created_at) AS DATE), CAST(max(updated_at) AS DATE) FROM raw_items
        UNION ALL
        SELECT CAST(min(starts_at) AS DATE), CAST(max(ends_at) AS DATE) FROM raw_reservations
        UNION ALL
        SELECT CAST(min(created_at) AS DATE), CAST(max(updated_at) AS DATE) FROM raw_orders
        UNION ALL
        SELECT CAST(NULL AS DATE), CAST(at AS DATE) FROM newest_load
    )
),
days AS (
    SELECT unnest(generate_series(first_day, least(last_day, first_day + INTERVAL '36525 days'), INTERVAL '1 day')) AS day
    FROM bounds
    WHERE first_day IS NOT NULL
)
SELECT CAST(to_char(day, '%Y%m%d') AS BIGINT) AS date_key, day,
    CAST(date_part('year', day) AS BIGINT) AS year, CAST(date_part('quarter', day) AS BIGINT) AS quarter,
    CAST(date_part('month', day) AS BIGINT) AS month, CAST(date_part('week', day) AS BIGINT) AS iso_week,
    -- Monday is 1.
    CAST(date_part('dow', day) AS BIGINT) + CASE WHEN date_part('dow', day) = 0 THEN 7 ELSE 0 END AS weekday,
    date_part('dow', day) IN (0, 6) AS is_weekend
FROM days
