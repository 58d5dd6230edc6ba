-- All rows of the keys that some other load than the last whole one knows too. Those keys are held in memory.
SELECT every.* FROM (
    SELECT {key} FROM raw_{table} WHERE load <> (SELECT coalesce(max(load), -1) FROM raw_{table} WHERE op = 'S')
) moved RIGHT SEMI JOIN raw_{table} every ON every.{key} = moved.{key}
