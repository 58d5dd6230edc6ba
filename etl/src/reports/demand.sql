-- What is asked for and what comes of it, by category and month of the request.
SELECT path AS category, CAST(date_trunc('month', CAST(created_at AS DATE)) AS DATE) AS month, count(*) AS asked_for,
    count(*) FILTER (WHERE checked_out_at IS NOT NULL) AS lent,
    count(*) FILTER (WHERE checked_out_at IS NULL AND released_at IS NOT NULL) AS came_to_nothing
FROM dim_category JOIN fact_reservation USING (category_key)
WHERE created_at IS NOT NULL
GROUP BY 1, 2
ORDER BY 2, 1
