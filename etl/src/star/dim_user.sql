-- One row for each state of a user; type 2. As with items a first state holds from the creation on, and a deletion is dated
-- by the run that found it, or by the state that follows it in the same run.
WITH known AS (
    -- What a whole table already told is not news when its change is read as well.
    SELECT *, last_value(CASE WHEN op = 'S' THEN change_seq END) IGNORE NULLS OVER (
        PARTITION BY id ORDER BY load, change_seq ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS told FROM moved_users
),
seen AS (
    SELECT *, lag(op) OVER one AS previous_op, lead(updated_at) OVER one AS next_at,
        lag(role) OVER one AS previous_role, lag(status) OVER one AS previous_status,
        max(created_at) OVER (PARTITION BY id) AS joined_at
    FROM known
    WHERE op = 'S' OR told IS NULL OR change_seq > told OR change_seq = 0
    WINDOW one AS (PARTITION BY id ORDER BY load, change_seq)
),
changed AS (
    SELECT id, load, change_seq, op, role, status, joined_at,
        CASE
            WHEN op = 'D' THEN least(loaded_at, coalesce(next_at, loaded_at))
            WHEN previous_op IS NULL THEN coalesce(created_at, updated_at)
            ELSE updated_at
        END AS at
    FROM seen
    WHERE CASE
        WHEN op = 'D' THEN previous_op <> 'D'
        WHEN previous_op IS NULL OR previous_op = 'D' THEN true
        ELSE (role IS DISTINCT FROM previous_role) OR (status IS DISTINCT FROM previous_status)
        END
),
dated AS (
    -- Times never go back, even where the clock of a service did.
    SELECT *, max(at) OVER (
        PARTITION BY id ORDER BY load, change_seq ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS valid_from
    FROM changed
),
spans AS (
    SELECT id, op, role, status, joined_at, valid_from,
        lead(valid_from) OVER (PARTITION BY id ORDER BY load, change_seq) AS valid_to FROM dated
    UNION ALL
    -- Of a user who has only ever been in one row there is one state, and nothing came before or after it.
    SELECT id, op, role, status, created_at, coalesce(created_at, updated_at), NULL FROM settled_users
)
SELECT id AS user_key, role, status, CAST(date_trunc('month', joined_at) AS DATE) AS cohort_month,
    valid_from, valid_to, valid_to IS NULL AS is_current
FROM spans
WHERE op <> 'D'
UNION ALL
SELECT '-1', 'unknown', 'unknown', NULL, arrow_cast(0, 'Timestamp(Microsecond, Some("UTC"))'), NULL, true
