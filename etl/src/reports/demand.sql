-- What is asked for and what comes of it, by category and month of the request.
SELECT path AS category, CAST(date_trunc('month', CAST(created_at AS DATE)) AS DATE) AS month, count(*) AS asked_for,
    count(*) FILTER (WHERE lent_at IS NOT NULL) AS lent, count(*) FILTER (WHERE sold_at IS NOT NULL) AS sold,
    count(*) FILTER (WHERE state IN ('released', 'expired')) AS came_to_nothing
FROM dim_category JOIN fact_reservation USING (category_key)
WHERE created_at IS NOT NULL
GROUP BY 1, 2
ORDER BY 2, 1
