-- One row for each state of a user; type 2. As with items a first state holds from the creation on, and a deletion is dated
-- by the run that found it.
WITH seen AS (
    SELECT *, lag(op) OVER one AS previous_op, lag(role) OVER one AS previous_role, lag(status) OVER one AS previous_status
    FROM raw_users
    WINDOW one AS (PARTITION BY id ORDER BY load)
),
changed AS (
    SELECT id, load, op, role, status, created_at,
        CASE WHEN op = 'D' THEN loaded_at WHEN previous_op IS NULL THEN created_at ELSE updated_at END AS at
    FROM seen
    WHERE CASE
        WHEN op = 'D' THEN previous_op <> 'D'
        WHEN previous_op IS NULL OR previous_op = 'D' THEN true
        ELSE (role IS DISTINCT FROM previous_role) OR (status IS DISTINCT FROM previous_status)
        END
),
spans AS (
    SELECT *, lead(at) OVER (PARTITION BY id ORDER BY load) AS valid_to FROM changed
)
SELECT id AS user_key, role, status, CAST(date_trunc('month', created_at) AS DATE) AS cohort_month,
    at AS valid_from, valid_to, valid_to IS NULL AS is_current
FROM spans
WHERE op <> 'D'
UNION ALL
SELECT '-1', 'unknown', 'unknown', NULL, arrow_cast(0, 'Timestamp(Microsecond, Some("UTC"))'), NULL, true
