-- How many members borrowed something, and from how many owners, month by month.
SELECT CAST(date_trunc('month', CAST(lent_at AS DATE)) AS DATE) AS month, count(DISTINCT nullif(borrower_key, '-1')) AS borrowers,
    count(DISTINCT nullif(owner_key, '-1')) AS owners, count(*) AS times_lent
FROM fact_reservation
WHERE lent_at IS NOT NULL
GROUP BY 1
ORDER BY 1
