-- Records which versions Redis has. A version that another transaction holds is left, and its counts are written again.
-- Uses: the key of reactions_countversion. Locks: those rows; waits for none.
WITH written AS (
  SELECT v.article_id, written.version
    FROM reactions_countversion v
    JOIN unnest(%(articles)s::uuid[], %(versions)s::bigint[]) AS written (article_id, version) USING (article_id)
   WHERE v.cached_version < written.version
   ORDER BY v.article_id
     FOR NO KEY UPDATE OF v SKIP LOCKED
)
UPDATE reactions_countversion v SET cached_version = written.version
  FROM written WHERE v.article_id = written.article_id AND v.cached_version < written.version
RETURNING 1;
