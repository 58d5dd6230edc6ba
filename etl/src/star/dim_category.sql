-- The categories as they are now, each with the slugs from the root down to it.
WITH RECURSIVE live AS (
    SELECT id, slug, name, parent_id FROM newest_categories WHERE op <> 'D'
),
tree AS (
    -- A category whose parent has not arrived is shown as a root rather than not at all.
    SELECT live.id, live.slug, live.name, live.slug AS path, live.parent_id, 1 AS depth
    FROM live LEFT JOIN live parent ON parent.id = live.parent_id
    WHERE parent.id IS NULL
    UNION ALL
    SELECT live.id, live.slug, live.name, tree.path || '/' || live.slug, live.parent_id, tree.depth + 1
    FROM live JOIN tree ON live.parent_id = tree.id
    WHERE tree.depth < 32
)
SELECT id AS category_key, slug, name, path, parent_id AS parent_key FROM tree
UNION ALL
-- Categories that are each other's parents hang on no root; they are shown as roots rather than not at all.
SELECT live.id, live.slug, live.name, live.slug AS path, live.parent_id
FROM live LEFT JOIN tree ON tree.id = live.id
WHERE tree.id IS NULL
UNION ALL
SELECT '-1', 'unknown', 'Unknown', 'unknown', NULL
