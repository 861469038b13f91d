-- Sets the imported counts that one source gives each (article, kind), and raises the count version of every article
-- whose counts change by it. What the source does not mention stays; the same numbers again change nothing.
-- Uses: the keys of reactions_importedcount and reactions_countversion. Locks, in key order: the imported counts that
-- change, then the count versions of their articles. Returns a row for each article whose counts changed.
WITH imported AS MATERIALIZED (
  SELECT * FROM unnest(%(articles)s::uuid[], %(kinds)s::smallint[], %(counts)s::bigint[]) AS of (article_id, kind, count)
), written AS (
  INSERT INTO reactions_importedcount AS c (article_id, source, kind, count, imported_at)
  SELECT i.article_id, %(source)s::text, i.kind, i.count, clock_timestamp()
    FROM imported i
    LEFT JOIN reactions_importedcount known
      ON known.article_id = i.article_id AND known.source = %(source)s::text AND known.kind = i.kind
   WHERE i.count <> COALESCE(known.count, 0)
   ORDER BY i.article_id, i.kind
      ON CONFLICT (article_id, source, kind) DO UPDATE
     SET count = EXCLUDED.count, imported_at = EXCLUDED.imported_at
   WHERE c.count <> EXCLUDED.count
  RETURNING article_id
)
INSERT INTO reactions_countversion AS v (article_id, version, cached_version, counted_at)
SELECT article_id, 1, 0, clock_timestamp() FROM written GROUP BY article_id ORDER BY article_id
    ON CONFLICT (article_id) DO UPDATE
   SET version = v.version + 1, counted_at = GREATEST(clock_timestamp(), v.counted_at)
RETURNING article_id;
