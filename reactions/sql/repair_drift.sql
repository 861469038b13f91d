-- Takes the drift of these articles out of their counts, and out of their buckets through the bucket of this quarter of
-- an hour. Drift is measured again in this statement's snapshot and subtracted from what is there by then: aggregations
-- in between change counts, buckets and rows alike, and leave the drift as it was.
-- Two of these at once would repair twice: an advisory lock keeps them apart (try_lock.sql). lock_versions.sql, in the
-- same transaction, holds the articles' count versions.
-- Uses: the keys of articles_article, reactions_reaction, reactions_articlecount, reactions_bucket. Returns a row for each (article, kind)
-- repaired.
WITH in_rows AS (
  SELECT article_id, kind, sum(readers)::bigint AS count
    FROM (SELECT article_id, counted, count(*) AS readers
            FROM reactions_reaction
           WHERE article_id = ANY (%(articles)s::uuid[]) AND counted <> 0
           GROUP BY article_id, counted) sets
    JOIN generate_series(0, 30) AS kind ON (counted >> kind) & 1 = 1
   GROUP BY article_id, kind
), in_counts AS (
  SELECT article_id, kind, count FROM reactions_articlecount WHERE article_id = ANY (%(articles)s::uuid[])
), in_buckets AS (
  SELECT article_id, kind, sum(added - removed)::bigint AS count
    FROM reactions_bucket WHERE article_id = ANY (%(articles)s::uuid[]) GROUP BY article_id, kind
), missing AS MATERIALIZED (
  SELECT article_id, kind,
         COALESCE(r.count, 0) - COALESCE(c.count, 0) AS of_counts,
         COALESCE(r.count, 0) - COALESCE(b.count, 0) AS of_buckets
    FROM in_rows r
    FULL JOIN in_counts c USING (article_id, kind)
    FULL JOIN in_buckets b USING (article_id, kind)
), drifted AS MATERIALIZED (
  SELECT * FROM missing WHERE of_counts <> 0 OR of_buckets <> 0
), versioned AS (
  INSERT INTO reactions_countversion AS v (article_id, version, cached_version, counted_at)
  SELECT article_id, 1, 0, clock_timestamp() FROM drifted GROUP BY article_id ORDER BY article_id
      ON CONFLICT (article_id) DO UPDATE
     SET version = v.version + 1, counted_at = GREATEST(clock_timestamp(), v.counted_at)
  RETURNING article_id
), counted AS (
  INSERT INTO reactions_articlecount AS c (article_id, kind, count)
  SELECT article_id, kind, of_counts FROM drifted JOIN versioned USING (article_id)
   WHERE of_counts <> 0 ORDER BY article_id, kind
      ON CONFLICT (article_id, kind) DO UPDATE SET count = c.count + EXCLUDED.count
), bucketed AS (
  INSERT INTO reactions_bucket AS b (article_id, start, kind, added, removed)
  SELECT article_id, date_bin('15 minutes', clock_timestamp(), timestamptz '2000-01-01 00:00:00+00'), kind,
         GREATEST(of_buckets, 0), GREATEST(-of_buckets, 0)
    FROM drifted JOIN versioned USING (article_id)
   WHERE of_buckets <> 0 ORDER BY article_id, kind
      ON CONFLICT (article_id, start, kind) DO UPDATE
     SET added = b.added + EXCLUDED.added, removed = b.removed + EXCLUDED.removed
), of_sections AS (
  INSERT INTO reactions_sitebucket (start, section_id, kind, added, removed)
  SELECT date_bin('15 minutes', clock_timestamp(), timestamptz '2000-01-01 00:00:00+00'), a.section_id, kind,
         sum(GREATEST(of_buckets, 0)), sum(GREATEST(-of_buckets, 0))
    FROM drifted JOIN versioned USING (article_id) LEFT JOIN articles_article a ON a.id = article_id
   WHERE of_buckets <> 0
   GROUP BY a.section_id, kind
)
SELECT article_id, kind FROM drifted;
