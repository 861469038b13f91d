-- Opens, closes or hides the reactions to these articles; the rest of their own policies stays. Raises their count
-- versions. Uses: the keys of both tables. Locks: the articles' policies, then their count versions, in key order.
WITH asked AS MATERIALIZED (
  SELECT DISTINCT article_id FROM unnest(%(articles)s::uuid[]) AS article_id ORDER BY article_id
), own AS (
  INSERT INTO reactions_policy (article_id, state)
  SELECT article_id, %(state)s::text FROM asked
      ON CONFLICT (article_id) DO UPDATE SET state = EXCLUDED.state
  RETURNING article_id
)
INSERT INTO reactions_countversion AS v (article_id, version, cached_version, counted_at)
SELECT article_id, 1, 0, clock_timestamp() FROM own ORDER BY article_id
    ON CONFLICT (article_id) DO UPDATE
   SET version = v.version + 1, counted_at = GREATEST(clock_timestamp(), v.counted_at)
RETURNING version;
