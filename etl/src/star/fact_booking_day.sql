-- One row for each item and day on which it was offered, up to the newest load, or the last day within two years from then on
-- which anything is due: how many units there were at the end of the day, how many were promised to somebody, how many were out,
-- and how many nobody wanted. What is due at midnight is not promised for the day that begins then. What is not back is out up to the newest load,
-- however long ago it was due, and not beyond it.
WITH known AS (
    SELECT item_key, units, due_at, lent_at, CASE WHEN lent_at IS NOT NULL THEN coalesce(returned_at, at) END AS out_until
    -- What stands before CROSS JOIN is held in memory, so it is the one row.
    FROM newest_load CROSS JOIN fact_reservation
),
horizon AS (
    SELECT CAST(max(day) AS DATE) AS last_day FROM (
        SELECT least(greatest(due_at, out_until), at + INTERVAL '2 years') AS day FROM newest_load CROSS JOIN known
        -- What is sold is neither due nor out, and the least of nothing and a day would be the day.
        WHERE greatest(due_at, out_until) IS NOT NULL
        UNION ALL SELECT at FROM newest_load
    )
),
offered AS (
    SELECT item_key, owner_key, category_key, units,
        unnest(generate_series(
            CAST(valid_from AS DATE),
            least(last_day, coalesce(CAST(valid_to - INTERVAL '1 day' AS DATE), last_day)),
            INTERVAL '1 day'
        )) AS day
    FROM dim_item CROSS JOIN horizon
    WHERE item_key <> '-1' AND status = 'listed' AND last_day IS NOT NULL
        AND CAST(valid_from AS DATE) <= last_day
),
promised AS (
    SELECT item_key, units,
        unnest(generate_series(
            CAST(starts_at AS DATE), least(CAST(due_at - INTERVAL '1 microsecond' AS DATE), last_day), INTERVAL '1 day'
        )) AS day
    FROM horizon CROSS JOIN fact_reservation
    WHERE state IN ('held', 'confirmed', 'checked_out', 'returned') AND starts_at < due_at
        AND CAST(starts_at AS DATE) <= last_day
),
lent AS (
    SELECT item_key, units,
        unnest(generate_series(CAST(lent_at AS DATE), CAST(out_until AS DATE), INTERVAL '1 day')) AS day
    FROM known
    WHERE lent_at <= out_until
),
booked AS (
    SELECT item_key, day, sum(units) AS units FROM promised GROUP BY item_key, day
),
away AS (
    SELECT item_key, day, sum(units) AS units FROM lent GROUP BY item_key, day
)
SELECT offered.item_key, CAST(to_char(offered.day, '%Y%m%d') AS BIGINT) AS date_key, offered.owner_key,
    offered.category_key, offered.units, coalesce(booked.units, 0) AS booked, coalesce(away.units, 0) AS out,
    greatest(offered.units - greatest(coalesce(booked.units, 0), coalesce(away.units, 0)), 0) AS idle
FROM away RIGHT JOIN (
    booked RIGHT JOIN offered ON booked.item_key = offered.item_key AND booked.day = offered.day
) ON away.item_key = offered.item_key AND away.day = offered.day
