-- Locks the count versions of these articles. Uses: the key of reactions_countversion. Locks: those versions, in key
-- order; waits for each, as long as limit_lock_waits.sql says. Returns a row for each.
SELECT article_id FROM reactions_countversion
 WHERE article_id = ANY (%(articles)s::uuid[]) ORDER BY article_id FOR NO KEY UPDATE;
