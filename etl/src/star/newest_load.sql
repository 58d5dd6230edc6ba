-- When the inventory was last read with news of it, up to when it is known what is out.
SELECT max(loaded_at) AS at FROM (
    SELECT loaded_at FROM raw_reservations UNION ALL SELECT loaded_at FROM raw_items
)
