-- What was earned: money taken less money given back, by currency and month of its first capture.
SELECT currency, CAST(date_trunc('month', CAST(captured_at AS DATE)) AS DATE) AS month, count(*) AS payments,
    sum(captured_minor) AS captured_minor, sum(refunded_minor) AS refunded_minor,
    sum(captured_minor - refunded_minor) AS revenue_minor
FROM fact_payment
WHERE captured_at IS NOT NULL
GROUP BY 1, 2
ORDER BY 2, 1
