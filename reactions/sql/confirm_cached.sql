-- Records which versions Redis has, and the number of the write that it confirmed; the change feed hears of the counts
-- that anyone can read from then on. A version that another transaction
-- holds is left, and its counts are written again; a state that another writer is changing is left to the next write.
-- Uses: the keys of reactions_countversion and reactions_cachestate. Locks: those versions and the state; waits for none.
WITH state AS MATERIALIZED (
  SELECT id FROM reactions_cachestate WHERE writes < %(number)s::bigint FOR NO KEY UPDATE SKIP LOCKED
), noted AS (
  UPDATE reactions_cachestate s SET writes = %(number)s::bigint FROM state WHERE s.id = state.id
), first AS (
  INSERT INTO reactions_cachestate (id, writes)
  SELECT 1, %(number)s::bigint WHERE NOT EXISTS (SELECT FROM reactions_cachestate)
      ON CONFLICT DO NOTHING
), written AS (
  SELECT v.article_id, written.version
    FROM reactions_countversion v
    JOIN unnest(%(articles)s::uuid[], %(versions)s::bigint[]) AS written (article_id, version) USING (article_id)
   WHERE v.cached_version < written.version
   ORDER BY v.article_id
     FOR NO KEY UPDATE OF v SKIP LOCKED
), confirmed AS (
  UPDATE reactions_countversion v SET cached_version = written.version
    FROM written WHERE v.article_id = written.article_id AND v.cached_version < written.version
  RETURNING v.article_id
)
INSERT INTO reactions_changenote (article_id, part) SELECT article_id, 1 FROM confirmed RETURNING 1;
