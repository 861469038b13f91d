-- Records that the articles up to a position have been written to Redis again, unless another process was faster or Redis
-- came back old once more. Uses: the key of reactions_cachestate. Locks: its one row.
UPDATE reactions_cachestate SET rewrite_before = %(next_before)s::text::timestamptz
 WHERE rewrite_before = %(before)s::text::timestamptz
RETURNING 1;
