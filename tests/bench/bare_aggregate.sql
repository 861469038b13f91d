-- Counting alone, as one statement: claims entries, updates the rows they name, and adds the difference to counts and
-- buckets. No moderation, no versions, no cache: the reference for the product's aggregation. Written as fast as we
-- know: it finds entries and rows as aggregate.sql does.
WITH claimed AS (
  DELETE FROM reactions_outboxentry WHERE id = ANY (ARRAY(SELECT id FROM reactions_outboxentry ORDER BY id LIMIT %(most)s))
  RETURNING article_id, reader_id
), dirty AS MATERIALIZED (
  SELECT r.article_id, r.reader_id, r.counted, r.kinds, r.changed_at
    FROM (SELECT DISTINCT article_id, reader_id FROM claimed) entry
    JOIN reactions_reaction r USING (article_id, reader_id)
   ORDER BY r.article_id, r.reader_id
     FOR NO KEY UPDATE OF r
), updated AS (
  UPDATE reactions_reaction r SET counted = r.kinds
    FROM dirty
   WHERE r.article_id = dirty.article_id AND r.reader_id = dirty.reader_id
), change AS MATERIALIZED (
  SELECT article_id, kind, date_bin('15 minutes', changed_at, timestamptz '2000-01-01 00:00:00+00') AS start,
         count(*) FILTER (WHERE (kinds >> kind) & 1 = 1) AS added,
         count(*) FILTER (WHERE (counted >> kind) & 1 = 1) AS removed
    FROM dirty CROSS JOIN generate_series(0, 6) AS kind
   WHERE ((counted # kinds) >> kind) & 1 = 1
   GROUP BY article_id, kind, start
), totalled AS (
  INSERT INTO reactions_articlecount AS t (article_id, kind, count)
  SELECT article_id, kind, sum(added - removed) FROM change GROUP BY article_id, kind ORDER BY article_id, kind
      ON CONFLICT (article_id, kind) DO UPDATE SET count = t.count + EXCLUDED.count
), bucketed AS (
  INSERT INTO reactions_bucket AS b (article_id, start, kind, added, removed)
  SELECT article_id, start, kind, added, removed FROM change ORDER BY article_id, start, kind
      ON CONFLICT (article_id, start, kind) DO UPDATE
     SET added = b.added + EXCLUDED.added, removed = b.removed + EXCLUDED.removed
)
SELECT count(*) FROM claimed
