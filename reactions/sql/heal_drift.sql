-- Takes the drift of these articles out of their totals, and out of their buckets by way of the bucket of this
-- quarter of an hour. Drift is measured anew in this statement's snapshot and taken off whatever is there by then:
-- folds in between change totals, buckets and rows alike, and leave it as it was.
-- Two of these at once would heal twice: an advisory lock keeps them apart (only_me.sql).
-- Uses: the keys of reactions_reaction, reactions_total, reactions_bucket. Locks: the articles' tallies, in key order.
-- Returns a row for each (article, kind) healed.
WITH held_by_rows AS (
  SELECT article_id, kind, sum(readers)::bigint AS count
    FROM (SELECT article_id, counted, count(*) AS readers
            FROM reactions_reaction
           WHERE article_id = ANY (%(articles)s::uuid[]) AND counted <> 0
           GROUP BY article_id, counted) sets
    JOIN unnest(%(bits)s::int[]) AS kind ON (counted >> kind) & 1 = 1
   GROUP BY article_id, kind
), held_by_totals AS (
  SELECT article_id, kind, count FROM reactions_total WHERE article_id = ANY (%(articles)s::uuid[])
), held_by_buckets AS (
  SELECT article_id, kind, sum(added - removed)::bigint AS count
    FROM reactions_bucket WHERE article_id = ANY (%(articles)s::uuid[]) GROUP BY article_id, kind
), missing AS MATERIALIZED (
  SELECT article_id, kind,
         COALESCE(h.count, 0) - COALESCE(t.count, 0) AS of_total,
         COALESCE(h.count, 0) - COALESCE(b.count, 0) AS of_buckets
    FROM held_by_rows h
    FULL JOIN held_by_totals t USING (article_id, kind)
    FULL JOIN held_by_buckets b USING (article_id, kind)
), drifted AS MATERIALIZED (
  SELECT * FROM missing WHERE of_total <> 0 OR of_buckets <> 0
), tallied AS (
  INSERT INTO reactions_tally AS t (article_id, version, published_version, counted_at)
  SELECT article_id, 1, 0, clock_timestamp() FROM drifted GROUP BY article_id ORDER BY article_id
      ON CONFLICT (article_id) DO UPDATE
     SET version = t.version + 1, counted_at = GREATEST(clock_timestamp(), t.counted_at)
  RETURNING article_id
), totalled AS (
  INSERT INTO reactions_total AS t (article_id, kind, count)
  SELECT article_id, kind, of_total FROM drifted JOIN tallied USING (article_id)
   WHERE of_total <> 0 ORDER BY article_id, kind
      ON CONFLICT (article_id, kind) DO UPDATE SET count = t.count + EXCLUDED.count
), bucketed AS (
  INSERT INTO reactions_bucket AS b (article_id, start, kind, added, removed)
  SELECT article_id, date_bin('15 minutes', clock_timestamp(), timestamptz '2000-01-01 00:00:00+00'), kind,
         GREATEST(of_buckets, 0), GREATEST(-of_buckets, 0)
    FROM drifted JOIN tallied USING (article_id)
   WHERE of_buckets <> 0 ORDER BY article_id, kind
      ON CONFLICT (article_id, start, kind) DO UPDATE
     SET added = b.added + EXCLUDED.added, removed = b.removed + EXCLUDED.removed
)
SELECT article_id, kind FROM drifted;
