-- Articles whose newest counts Redis does not have, those that changed last first.
-- Uses: the partial index reactions_stale_counts. Locks nothing.
SELECT article_id FROM reactions_countversion
 WHERE version > cached_version
 ORDER BY counted_at DESC LIMIT %(most)s::int;
