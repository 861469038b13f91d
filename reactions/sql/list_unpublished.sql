-- Articles whose newest version Redis has not been told. Uses: the partial index reactions_unpublished. Locks nothing.
SELECT article_id FROM reactions_tally WHERE version > published_version LIMIT %(most)s::int;
