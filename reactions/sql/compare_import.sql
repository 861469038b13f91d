-- Compares what is staged with what is here, as an export writes it: without readers, times to the quarter of an hour.
-- Versions of counts may be higher here. Reads everything once. Locks nothing.
-- Returns one row: whether anything is here, and how many rows, buckets, buckets of sections, counts, views and policies are
-- only on one side.
WITH here_row AS MATERIALIZED (
  SELECT article_id, kinds, counted, held, date_bin('15 minutes', changed_at, timestamptz '2000-01-01 00:00:00+00') AS changed_at
    FROM reactions_reaction WHERE kinds <> 0 OR counted <> 0
), here_bucket AS (
  SELECT article_id, start, kind, added, removed FROM reactions_bucket
), here_section AS (
  SELECT b.start, s.slug::text AS section, b.kind, sum(b.added)::bigint AS added, sum(b.removed)::bigint AS removed
    FROM reactions_sitebucket b LEFT JOIN articles_section s ON s.id = b.section_id
   GROUP BY b.start, s.slug, b.kind
), here_count AS (
  SELECT article_id, '' AS source, kind, count FROM reactions_articlecount
   UNION ALL
  SELECT article_id, source::text, kind, count FROM reactions_importedcount
), here_view AS (
  SELECT article_id, start, views + moved FROM reactions_viewbucket
), here_policy AS (
  SELECT article_id, state::text, allowed, closes_at, close_after_days FROM reactions_policy
), staged_c AS (
  SELECT article_id, source, kind, count FROM staged_count
)
SELECT EXISTS (SELECT FROM reactions_reaction) OR EXISTS (SELECT FROM reactions_bucket)
         OR EXISTS (SELECT FROM reactions_sitebucket) OR EXISTS (SELECT FROM here_count)
         OR EXISTS (SELECT FROM here_view)
         OR EXISTS (SELECT FROM here_policy),
       (SELECT count(*) FROM ((TABLE here_row EXCEPT ALL TABLE staged_row) UNION ALL (TABLE staged_row EXCEPT ALL TABLE here_row)) d),
       (SELECT count(*) FROM ((TABLE here_bucket EXCEPT ALL TABLE staged_bucket)
                              UNION ALL (TABLE staged_bucket EXCEPT ALL TABLE here_bucket)) d),
       (SELECT count(*) FROM ((TABLE here_section EXCEPT ALL TABLE staged_section_bucket)
                              UNION ALL (TABLE staged_section_bucket EXCEPT ALL TABLE here_section)) d),
       (SELECT count(*) FROM ((TABLE here_count EXCEPT ALL TABLE staged_c) UNION ALL (TABLE staged_c EXCEPT ALL TABLE here_count)) d),
       (SELECT count(*) FROM ((TABLE here_view EXCEPT ALL TABLE staged_view) UNION ALL (TABLE staged_view EXCEPT ALL TABLE here_view)) d),
       (SELECT count(*) FROM ((TABLE here_policy EXCEPT ALL TABLE staged_policy)
                              UNION ALL (TABLE staged_policy EXCEPT ALL TABLE here_policy)) d);
