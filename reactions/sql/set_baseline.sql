-- Sets what one source counted of each (article, kind) before us, and raises the version of every public answer
-- that changes by it. What the source says nothing of stays; the same numbers again change nothing at all.
-- Uses: the keys of reactions_baseline and reactions_tally. Locks, in key order: the baselines that change, then
-- the tallies of their articles. Returns a row for each article whose answer changed.
WITH imported AS MATERIALIZED (
  SELECT * FROM unnest(%(articles)s::uuid[], %(kinds)s::smallint[], %(counts)s::bigint[]) AS of (article_id, kind, count)
), written AS (
  INSERT INTO reactions_baseline AS b (article_id, source, kind, count, imported_at)
  SELECT i.article_id, %(source)s::text, i.kind, i.count, clock_timestamp()
    FROM imported i
    LEFT JOIN reactions_baseline known
      ON known.article_id = i.article_id AND known.source = %(source)s::text AND known.kind = i.kind
   WHERE i.count <> COALESCE(known.count, 0)
   ORDER BY i.article_id, i.kind
      ON CONFLICT (article_id, source, kind) DO UPDATE
     SET count = EXCLUDED.count, imported_at = EXCLUDED.imported_at
   WHERE b.count <> EXCLUDED.count
  RETURNING article_id
)
INSERT INTO reactions_tally AS t (article_id, version, published_version, counted_at)
SELECT article_id, 1, 0, clock_timestamp() FROM written GROUP BY article_id ORDER BY article_id
    ON CONFLICT (article_id) DO UPDATE
   SET version = t.version + 1, counted_at = GREATEST(clock_timestamp(), t.counted_at)
RETURNING article_id;
