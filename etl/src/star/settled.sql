-- Rows of a table's last whole load whose keys no other load knows: all there is to say of each is in its one row. What stands
-- before RIGHT ANTI JOIN is held in memory, so it is the few keys that are left out.
SELECT whole.* FROM (
    SELECT {key} FROM raw_{table} WHERE load <> (SELECT coalesce(max(load), -1) FROM raw_{table} WHERE op = 'S')
) moved RIGHT ANTI JOIN raw_{table} whole ON whole.{key} = moved.{key}
WHERE whole.op = 'S' AND whole.load = (SELECT max(load) FROM raw_{table} WHERE op = 'S')
