-- Inserts what is staged into an installation without reactions. Each row gets a random reader, whom no client can be: the
-- counts stay the sum of their rows. A row that its counts do not have as it is gets an outbox entry, and one that was
-- taken back is removed when that is aggregated. The buckets of sections are added up already.
-- Locks nothing more than stage_import.sql. Returns one row: how many rows, and how many articles with counts.
WITH inserted AS (
  INSERT INTO reactions_reaction (article_id, reader_id, kinds, previous, held, counted, was_counted, erased, changed_at)
  SELECT article_id, gen_random_uuid(), kinds, CASE WHEN kinds = 0 THEN 0 END, held, counted, counted, kinds = 0, changed_at
    FROM staged_row
  RETURNING article_id, reader_id, counted <> CASE WHEN held THEN 0 ELSE kinds END AS is_stale
), enqueued AS (
  INSERT INTO reactions_outboxentry (article_id, reader_id) SELECT article_id, reader_id FROM inserted WHERE is_stale
), bucketed AS (
  INSERT INTO reactions_bucket (article_id, start, kind, added, removed)
  SELECT article_id, start, kind, added, removed FROM staged_bucket ORDER BY start
), of_sections AS (
  INSERT INTO reactions_sitebucket (start, section_id, kind, added, removed, summed)
  SELECT b.start, s.id, b.kind, b.added, b.removed, true
    FROM staged_section_bucket b LEFT JOIN articles_section s ON s.slug = b.section
), counted AS (
  INSERT INTO reactions_articlecount (article_id, kind, count)
  SELECT article_id, kind, count FROM staged_count WHERE source = ''
), imported AS (
  INSERT INTO reactions_importedcount (article_id, source, kind, count, imported_at)
  SELECT article_id, source, kind, count, imported_at FROM staged_count WHERE source <> ''
), seen AS (
  INSERT INTO reactions_viewbucket (article_id, start, views, moved)
  SELECT article_id, start, views, 0 FROM staged_view ORDER BY start
), ruled AS (
  INSERT INTO reactions_policy (article_id, state, allowed, closes_at, close_after_days)
  SELECT article_id, state, allowed, closes_at, close_after_days FROM staged_policy
), versioned AS (
  INSERT INTO reactions_countversion AS v (article_id, version, cached_version, counted_at)
  SELECT article_id, max(version) + 1, 0, clock_timestamp() FROM staged_count GROUP BY article_id
      ON CONFLICT (article_id) DO UPDATE
     SET version = GREATEST(v.version, EXCLUDED.version) + 1, counted_at = EXCLUDED.counted_at
  RETURNING 1
)
SELECT (SELECT count(*) FROM inserted), (SELECT count(*) FROM versioned);
