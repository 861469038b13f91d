-- Whether cached counts wait for a refresh: of changed articles, of a changed default policy, of a Redis that came back
-- old. Uses: the keys of reactions_articlechange and reactions_policyrefresh, which have rarely a row, and that of
-- reactions_cachestate. Locks nothing. Returns one row.
SELECT (SELECT id FROM reactions_articlechange ORDER BY id LIMIT 1) IS NOT NULL
    OR (SELECT id FROM reactions_policyrefresh ORDER BY id LIMIT 1) IS NOT NULL
    OR EXISTS (SELECT FROM reactions_cachestate WHERE rewrite_before IS NOT NULL);
