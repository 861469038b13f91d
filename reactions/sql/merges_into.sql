-- The articles that were merged into each of these. Uses: reactions_merges_into. Locks nothing.
SELECT into_id, article_id FROM reactions_articlemerge WHERE into_id = ANY (%(articles)s::uuid[]);
