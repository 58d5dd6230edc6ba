-- All rows of the keys that some other load than the last whole one knows too.
SELECT * FROM raw_{table}
WHERE {key} IN (
    SELECT {key} FROM raw_{table} WHERE load <> (SELECT coalesce(max(load), -1) FROM raw_{table} WHERE op = 'S')
)
