-- Notes which versions Redis has been told. Uses: the key of reactions_tally. Locks: those tallies, in key order.
WITH told AS (
  SELECT t.article_id, told.version
    FROM reactions_tally t
    JOIN unnest(%(articles)s::uuid[], %(versions)s::bigint[]) AS told (article_id, version) USING (article_id)
   WHERE t.published_version < told.version
   ORDER BY t.article_id
     FOR NO KEY UPDATE OF t
)
UPDATE reactions_tally t SET published_version = told.version
  FROM told WHERE t.article_id = told.article_id AND t.published_version < told.version
RETURNING 1;
