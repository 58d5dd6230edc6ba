-- Who borrows most, by pseudonym.
SELECT borrower_key, count(*) AS times_borrowed, count(*) FILTER (WHERE returned_late) AS late,
    max(lent_at) AS last_borrowed_at
FROM fact_reservation
WHERE lent_at IS NOT NULL AND borrower_key <> '-1'
GROUP BY borrower_key
ORDER BY times_borrowed DESC, borrower_key
