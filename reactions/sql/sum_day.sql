-- Adds up the buckets and the views of a day in UTC, and removes the entries that asked for it: one that came meanwhile stays, and the
-- day is added up once more. Uses: the indexes reactions_bucket_by_start and reactions_views_by_start, the keys of what it
-- writes. Locks what it writes. Returns one row: how many sums of reactions there are.
WITH summed AS (
  INSERT INTO reactions_daybucket (day, article_id, kind, added, removed)
  SELECT %(day)s::date, article_id, kind, sum(added), sum(removed)
    FROM reactions_bucket
   WHERE start >= %(day)s::date::timestamp AT TIME ZONE 'UTC'
     AND start < (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC'
   GROUP BY article_id, kind
   ORDER BY article_id, kind
  RETURNING 1
), viewed AS (
  INSERT INTO reactions_dayview (day, article_id, views)
  SELECT %(day)s::date, article_id, sum(views + moved)
    FROM reactions_viewbucket
   WHERE start >= %(day)s::date::timestamp AT TIME ZONE 'UTC'
     AND start < (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC'
   GROUP BY article_id
  HAVING sum(views + moved) > 0
   ORDER BY article_id
), known AS (
  INSERT INTO reactions_summedday (day) VALUES (%(day)s::date) ON CONFLICT DO NOTHING
), done AS (
  DELETE FROM reactions_staleday WHERE id = ANY (%(entries)s::bigint[])
)
SELECT count(*) FROM summed;
