-- Takes marks from the outbox and brings the totals to what the marked rows say. All of it or nothing.
-- Uses: the key of reactions_mark in its order, and the key of reactions_reaction for each marked row.
-- Locks, always in key order: the marks it takes (skipping those another fold holds), the marked rows,
-- then the tally of each article; whoever holds the tally is alone with the article's totals and buckets.
-- A row that another fold or its reader changed meanwhile is read again once its lock is had, so a row
-- marked twice is counted once. Returns one row: marks taken, and how many of them were of rows whose reader left.
WITH taken AS MATERIALIZED (
  DELETE FROM reactions_mark
   WHERE id = ANY (ARRAY(SELECT id FROM reactions_mark ORDER BY id LIMIT %(most)s::int FOR UPDATE SKIP LOCKED))
  RETURNING article_id, reader_id
), dirty AS MATERIALIZED (
  SELECT r.article_id, r.reader_id, r.erased
    FROM (SELECT DISTINCT article_id, reader_id FROM taken) marked
    JOIN reactions_reaction r USING (article_id, reader_id)
   ORDER BY r.article_id, r.reader_id
     FOR NO KEY UPDATE OF r
), moved AS (
  UPDATE reactions_reaction r
     SET was_counted = r.counted, counted = CASE WHEN r.held THEN 0 ELSE r.kinds END
    FROM dirty
   WHERE r.article_id = dirty.article_id AND r.reader_id = dirty.reader_id
     AND r.counted <> CASE WHEN r.held THEN 0 ELSE r.kinds END
  RETURNING r.article_id, r.was_counted, r.counted,
            date_bin('15 minutes', r.changed_at, timestamptz '2000-01-01 00:00:00+00') AS start
), change AS MATERIALIZED (
  SELECT article_id, start, kind,
         count(*) FILTER (WHERE (counted >> kind) & 1 = 1) AS added,
         count(*) FILTER (WHERE (was_counted >> kind) & 1 = 1) AS removed
    FROM moved CROSS JOIN unnest(%(bits)s::int[]) AS kind
   WHERE ((counted # was_counted) >> kind) & 1 = 1
   GROUP BY article_id, start, kind
), tallied AS (
  INSERT INTO reactions_tally AS t (article_id, version, published_version, counted_at)
  SELECT article_id, 1, 0, clock_timestamp() FROM change GROUP BY article_id ORDER BY article_id
      ON CONFLICT (article_id) DO UPDATE
     SET version = t.version + 1, counted_at = GREATEST(clock_timestamp(), t.counted_at)
  RETURNING article_id
), totalled AS (
  INSERT INTO reactions_total AS t (article_id, kind, count)
  SELECT article_id, kind, sum(added - removed)
    FROM change JOIN tallied USING (article_id)
   GROUP BY article_id, kind ORDER BY article_id, kind
      ON CONFLICT (article_id, kind) DO UPDATE SET count = t.count + EXCLUDED.count
), bucketed AS (
  INSERT INTO reactions_bucket AS b (article_id, start, kind, added, removed)
  SELECT article_id, start, kind, added, removed
    FROM change JOIN tallied USING (article_id)
   ORDER BY article_id, start, kind
      ON CONFLICT (article_id, start, kind) DO UPDATE
     SET added = b.added + EXCLUDED.added, removed = b.removed + EXCLUDED.removed
)
SELECT (SELECT count(*) FROM taken), (SELECT count(*) FROM dirty WHERE erased);
