-- Where these articles were merged into, of those that were. Uses: the key of reactions_articlemerge. Locks nothing.
SELECT article_id, into_id FROM reactions_articlemerge WHERE article_id = ANY (%(articles)s::uuid[]);
