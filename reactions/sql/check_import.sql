-- Whether the staged files fit together: the counts of readers here, the buckets summed over time and what of the rows is
-- counted are the same for each article and kind, and the buckets of sections are those of articles for each quarter of an
-- hour and kind. Reads what is staged. Locks nothing. Returns one row: how many pairs differ in each of the three.
WITH in_rows AS (
  SELECT article_id, kind, sum(readers)::bigint AS count
    FROM (SELECT article_id, counted, count(*) AS readers FROM staged_row GROUP BY article_id, counted) sets
    JOIN generate_series(0, 30) AS kind ON (counted >> kind) & 1 = 1
   GROUP BY article_id, kind
), in_counts AS (
  SELECT article_id, kind::int, count FROM staged_count WHERE source = ''
), in_buckets AS (
  SELECT article_id, kind::int, sum(added - removed)::bigint AS count FROM staged_bucket GROUP BY article_id, kind
), of_articles AS (
  SELECT start, kind, sum(added)::bigint AS added, sum(removed)::bigint AS removed FROM staged_bucket GROUP BY start, kind
), of_sections AS (
  SELECT start, kind, sum(added)::bigint AS added, sum(removed)::bigint AS removed
    FROM staged_section_bucket GROUP BY start, kind
)
SELECT (SELECT count(*) FROM in_rows r FULL JOIN in_counts c USING (article_id, kind)
         WHERE COALESCE(r.count, 0) <> COALESCE(c.count, 0)),
       (SELECT count(*) FROM in_buckets b FULL JOIN in_counts c USING (article_id, kind)
         WHERE COALESCE(b.count, 0) <> COALESCE(c.count, 0)),
       (SELECT count(*) FROM of_articles a FULL JOIN of_sections s USING (start, kind)
         WHERE (COALESCE(a.added, 0), COALESCE(a.removed, 0)) IS DISTINCT FROM (COALESCE(s.added, 0), COALESCE(s.removed, 0)));
