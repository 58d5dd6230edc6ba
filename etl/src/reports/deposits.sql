-- Where deposits are: how much is held now, was given back and was kept, by currency.
SELECT currency, count(*) AS payments, sum(deposit_minor) AS deposit_minor,
    sum(deposit_held_minor) AS held_minor, sum(deposit_given_back_minor) AS given_back_minor,
    sum(deposit_kept_minor) AS kept_minor
FROM fact_payment
WHERE deposit_minor > 0
GROUP BY currency
ORDER BY currency
