-- Adds the imported counts of a merged article to those of the article that it was merged into, source by source, and
-- raises the count versions of both. Exactly once, however often it runs: what is added is deleted by the same statement.
-- Uses: the keys of reactions_importedcount and reactions_countversion. Locks: the imported counts of both articles, then
-- their count versions, in key order. Returns a row for each article whose counts changed.
WITH known AS MATERIALIZED (
  SELECT article_id, source, kind, count
    FROM reactions_importedcount
   WHERE article_id IN (%(article)s::uuid, %(into)s::uuid) ORDER BY article_id, source, kind FOR UPDATE
), taken AS (
  DELETE FROM reactions_importedcount c
   USING known
   WHERE known.article_id = %(article)s::uuid
     AND c.article_id = known.article_id AND c.source = known.source AND c.kind = known.kind
  RETURNING c.source, c.kind, c.count
), added AS (
  INSERT INTO reactions_importedcount AS c (article_id, source, kind, count, imported_at)
  SELECT %(into)s::uuid, source, kind, count, clock_timestamp() FROM taken ORDER BY source, kind
      ON CONFLICT (article_id, source, kind) DO UPDATE
     SET count = c.count + EXCLUDED.count, imported_at = EXCLUDED.imported_at
  RETURNING 1
)
INSERT INTO reactions_countversion AS v (article_id, version, cached_version, counted_at)
SELECT article_id, 1, 0, clock_timestamp()
  FROM unnest(ARRAY[%(article)s::uuid, %(into)s::uuid]) AS article_id
 WHERE EXISTS (SELECT FROM added)
 ORDER BY article_id
    ON CONFLICT (article_id) DO UPDATE
   SET version = v.version + 1, counted_at = GREATEST(clock_timestamp(), v.counted_at)
RETURNING article_id;
