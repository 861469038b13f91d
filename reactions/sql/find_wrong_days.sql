-- Compares the sums of days with the buckets, and has the days that differ added up again, unless `only_count`. Days that
-- wait to be added up again are left out. Reads both tables once. Locks nothing. Returns one row: how many days are wrong.
WITH of_buckets AS (
  SELECT (start AT TIME ZONE 'UTC')::date AS day, kind, article_id, sum(added)::bigint AS added, sum(removed)::bigint AS removed
    FROM reactions_bucket
   WHERE (start AT TIME ZONE 'UTC')::date IN (SELECT day FROM reactions_summedday)
   GROUP BY 1, 2, 3
), wrong AS MATERIALIZED (
  SELECT DISTINCT day
    FROM of_buckets b FULL JOIN reactions_daybucket d USING (day, article_id, kind)
   WHERE (b.added, b.removed) IS DISTINCT FROM (d.added::bigint, d.removed::bigint)
     AND day NOT IN (SELECT day FROM reactions_staleday)
), noted AS (
  INSERT INTO reactions_staleday (day) SELECT day FROM wrong WHERE NOT %(only_count)s::boolean
)
SELECT count(*) FROM wrong;
