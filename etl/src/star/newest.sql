-- The last row of each key, deletions among them.
SELECT * EXCLUDE (age) FROM (
    SELECT *, row_number() OVER (PARTITION BY {key} ORDER BY load DESC, change_seq DESC) AS age FROM moved_{table}
) WHERE age = 1
UNION ALL
SELECT * FROM settled_{table}
