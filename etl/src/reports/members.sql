-- How many members there are and how many of them lend and borrow, by the month in which they joined.
SELECT cohort_month, count(*) AS members, count(owners.owner_key) AS with_items, count(borrowers.borrower_key) AS borrowers
FROM dim_user
LEFT JOIN (SELECT DISTINCT owner_key FROM dim_item WHERE is_current) owners ON owners.owner_key = user_key
LEFT JOIN (
    SELECT DISTINCT borrower_key FROM fact_reservation WHERE lent_at IS NOT NULL
) borrowers ON borrowers.borrower_key = user_key
WHERE dim_user.is_current AND dim_user.status = 'active' AND user_key <> '-1'
GROUP BY cohort_month
ORDER BY cohort_month
