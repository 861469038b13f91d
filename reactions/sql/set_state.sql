-- Opens, closes or hides the reactions to these stories; what else each says of them stays. Raises the version of
-- their public answers. Uses: the keys of both tables. Locks: the articles' policies, then their tallies, in key order.
WITH asked AS MATERIALIZED (
  SELECT DISTINCT article_id FROM unnest(%(articles)s::uuid[]) AS article_id ORDER BY article_id
), said AS (
  INSERT INTO reactions_policy (article_id, state)
  SELECT article_id, %(state)s::text FROM asked
      ON CONFLICT (article_id) DO UPDATE SET state = EXCLUDED.state
  RETURNING article_id
)
INSERT INTO reactions_tally AS t (article_id, version, published_version, counted_at)
SELECT article_id, 1, 0, clock_timestamp() FROM said ORDER BY article_id
    ON CONFLICT (article_id) DO UPDATE
   SET version = t.version + 1, counted_at = GREATEST(clock_timestamp(), t.counted_at)
RETURNING version;
