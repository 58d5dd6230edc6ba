-- How far orders get: how many were placed, paid for, confirmed, handed over and closed, by the month of the order.
SELECT CAST(date_trunc('month', CAST(created_at AS DATE)) AS DATE) AS month, count(*) AS placed,
    count(*) FILTER (WHERE coalesce(authorised_at, confirmed_at, handed_over_at, returned_at, closed_at) IS NOT NULL)
        AS authorised,
    count(*) FILTER (WHERE coalesce(confirmed_at, handed_over_at, returned_at, closed_at) IS NOT NULL) AS confirmed,
    count(*) FILTER (WHERE coalesce(handed_over_at, returned_at, closed_at) IS NOT NULL) AS handed_over,
    count(*) FILTER (WHERE closed_at IS NOT NULL) AS closed,
    count(*) FILTER (WHERE failed_at IS NOT NULL) AS came_to_nothing
FROM fact_order
GROUP BY 1
ORDER BY 1
