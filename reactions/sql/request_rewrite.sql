-- Has all counts written to Redis again that changed within their lifetime there. Uses: the key of reactions_cachestate.
-- Locks: its one row.
INSERT INTO reactions_cachestate AS s (id, writes, rewrite_before) VALUES (1, 0, 'infinity')
    ON CONFLICT (id) DO UPDATE SET rewrite_before = 'infinity'
RETURNING 1;
