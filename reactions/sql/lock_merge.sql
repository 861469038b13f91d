-- Locks a merge for one worker. Uses: the key of reactions_articlemerge. Locks: it, until the transaction ends, so that
-- no later merge leads it elsewhere meanwhile. Returns the article that has the reactions from then on, and when it was
-- merged; no row where another worker holds it, or it is settled.
SELECT into_id, merged_at FROM reactions_articlemerge
 WHERE article_id = %(article)s::uuid AND NOT settled FOR NO KEY UPDATE SKIP LOCKED;
