-- Articles whose newest counts Redis does not have. Uses: the partial index reactions_stale_counts. Locks nothing.
SELECT article_id FROM reactions_countversion WHERE version > cached_version LIMIT %(most)s::int;
