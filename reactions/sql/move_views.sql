-- Adds the views of a merged article to those of the article that it was merged into. Exactly once, however often it runs,
-- also where Redis knows more of the merged article later: what is added there is taken off here by the same statement.
-- Uses: the key of reactions_viewbucket. Locks: the buckets of both articles. Returns a row for each half hour.
WITH theirs AS MATERIALIZED (
  SELECT start, views + moved AS views
    FROM reactions_viewbucket
   WHERE article_id = %(article)s::uuid AND views + moved > 0 ORDER BY start FOR UPDATE
), stale AS (
  INSERT INTO reactions_staleday (day)
  SELECT DISTINCT (start AT TIME ZONE 'UTC')::date FROM theirs WHERE start < now() - interval '1 day'
), taken AS (
  UPDATE reactions_viewbucket v SET moved = v.moved - theirs.views
    FROM theirs WHERE v.article_id = %(article)s::uuid AND v.start = theirs.start
)
INSERT INTO reactions_viewbucket AS v (article_id, start, views, moved)
SELECT %(into)s::uuid, start, 0, views FROM theirs ORDER BY start
    ON CONFLICT (article_id, start) DO UPDATE SET moved = v.moved + EXCLUDED.moved
RETURNING 1;
