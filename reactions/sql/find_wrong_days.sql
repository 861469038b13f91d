-- Compares the sums of days with the buckets, and has the days that differ added up again, unless `only_count`. Days that
-- wait to be added up again are left out. Reads the four tables once. Locks nothing. Returns one row: how many days are wrong.
WITH of_buckets AS (
  SELECT (start AT TIME ZONE 'UTC')::date AS day, kind, article_id, sum(added)::bigint AS added, sum(removed)::bigint AS removed
    FROM reactions_bucket
   WHERE (start AT TIME ZONE 'UTC')::date IN (SELECT day FROM reactions_summedday)
   GROUP BY 1, 2, 3
), of_views AS (
  SELECT (start AT TIME ZONE 'UTC')::date AS day, article_id, sum(views + moved)::bigint AS views
    FROM reactions_viewbucket
   WHERE (start AT TIME ZONE 'UTC')::date IN (SELECT day FROM reactions_summedday)
   GROUP BY 1, 2
), wrong AS MATERIALIZED (
  SELECT day
    FROM (SELECT day
            FROM of_buckets b FULL JOIN reactions_daybucket d USING (day, article_id, kind)
           WHERE (b.added, b.removed) IS DISTINCT FROM (d.added::bigint, d.removed::bigint)
           UNION
          SELECT day
            FROM of_views v FULL JOIN reactions_dayview d USING (day, article_id)
           WHERE COALESCE(v.views, 0) <> COALESCE(d.views, 0)) AS different
   WHERE day NOT IN (SELECT day FROM reactions_staleday)
), noted AS (
  INSERT INTO reactions_staleday (day) SELECT day FROM wrong WHERE NOT %(only_count)s::boolean
)
SELECT count(*) FROM wrong;
