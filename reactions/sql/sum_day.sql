-- Adds up the buckets of a day in UTC, and removes the entries that asked for it: one that came meanwhile stays, and the
-- day is added up once more. Uses: the index reactions_bucket_by_start, the keys of what it writes. Locks what it writes.
-- Returns one row: how many sums there are.
WITH summed AS (
  INSERT INTO reactions_daybucket (day, article_id, kind, added, removed)
  SELECT %(day)s::date, article_id, kind, sum(added), sum(removed)
    FROM reactions_bucket
   WHERE start >= %(day)s::date::timestamp AT TIME ZONE 'UTC'
     AND start < (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC'
   GROUP BY article_id, kind
   ORDER BY article_id, kind
  RETURNING 1
), known AS (
  INSERT INTO reactions_summedday (day) VALUES (%(day)s::date) ON CONFLICT DO NOTHING
), done AS (
  DELETE FROM reactions_staleday WHERE id = ANY (%(entries)s::bigint[])
)
SELECT count(*) FROM summed;
