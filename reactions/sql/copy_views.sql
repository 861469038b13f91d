-- Copies numbers of views from Redis. A number that is lower than the one that is there, since Redis lost some, leaves that
-- one. Where the article was merged into another, its merge has something to move again. Idempotent.
-- Uses: the keys of reactions_viewbucket and reactions_articlemerge. Locks: those rows, in key order.
-- Returns one row: the buckets that changed, and those of which Redis has lost more than a twentieth, which is more than a
-- HyperLogLog is wrong by.
WITH counted AS (
  SELECT * FROM unnest(%(articles)s::uuid[], %(starts)s::timestamptz[], %(views)s::int[]) AS c (article_id, start, views)
), lost AS (
  SELECT count(*) AS buckets
    FROM counted c JOIN reactions_viewbucket v USING (article_id, start)
   WHERE c.views < v.views * 0.95
), written AS (
  INSERT INTO reactions_viewbucket AS v (article_id, start, views)
  SELECT article_id, start, views FROM counted ORDER BY article_id, start
      ON CONFLICT (article_id, start) DO UPDATE SET views = EXCLUDED.views
   WHERE EXCLUDED.views > v.views
  RETURNING article_id, start
), stale AS (  -- the workers were away for long: sums of days that are over (reactions/stats/days.py)
  INSERT INTO reactions_staleday (day)
  SELECT DISTINCT (start AT TIME ZONE 'UTC')::date FROM written WHERE start < now() - interval '1 day'
), merged AS (
  UPDATE reactions_articlemerge m SET settled = false
   WHERE m.settled AND m.article_id IN (SELECT article_id FROM written)
)
SELECT (SELECT count(*) FROM written), buckets FROM lost;
