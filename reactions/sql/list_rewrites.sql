-- The next articles to be written to Redis again, those that changed last first. One that has not changed for the
-- lifetime of its counts is the same in any Redis, or has expired there.
-- Uses: the key of reactions_cachestate; reads reactions_countversion as a whole, only while there is something to write.
-- Locks nothing. Returns no row where nothing is to be written, else one: the position as text, the articles, and the
-- position after them, null for the end.
SELECT state.rewrite_before::text, articles, next_before::text
  FROM reactions_cachestate state
 CROSS JOIN LATERAL (
   SELECT COALESCE(array_agg(article_id), '{}') AS articles,
          CASE WHEN count(*) >= %(most)s::int THEN min(counted_at) END AS next_before
     FROM (SELECT article_id, counted_at
             FROM reactions_countversion
            WHERE counted_at < state.rewrite_before
              AND counted_at > statement_timestamp() - make_interval(secs => %(lifetime)s::int)
            ORDER BY counted_at DESC FETCH FIRST (%(most)s::int) ROWS WITH TIES) newest) next
 WHERE state.rewrite_before IS NOT NULL;
