-- Changes the rows of a decided wave as it was decided, and adds their outbox entries, so that aggregation counts each
-- once. Safe to repeat. Uses: reactions_of_wave. Locks: the wave's rows, in key order, as moderate.sql does.
-- Returns one row: how many rows changed.
WITH wanted AS (
  SELECT id, state <> 'released' AS held FROM reactions_wave WHERE id = %(wave)s::bigint
), theirs AS MATERIALIZED (
  SELECT r.article_id, r.reader_id, wanted.held
    FROM reactions_reaction r JOIN wanted ON r.wave_id = wanted.id
   WHERE r.held <> wanted.held
   ORDER BY r.article_id, r.reader_id
     FOR NO KEY UPDATE OF r
), changed AS (
  UPDATE reactions_reaction r SET held = theirs.held
    FROM theirs WHERE r.article_id = theirs.article_id AND r.reader_id = theirs.reader_id AND r.held <> theirs.held
  RETURNING r.article_id, r.reader_id
), enqueued AS (
  INSERT INTO reactions_outboxentry (article_id, reader_id) SELECT article_id, reader_id FROM changed
), done AS (
  UPDATE reactions_wave SET is_applied = true WHERE id = %(wave)s::bigint
)
SELECT count(*) FROM changed;
