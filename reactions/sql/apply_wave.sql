-- Changes the rows of a decided wave as it was decided, and adds their outbox entries, so that aggregation counts each
-- once. Safe to repeat. What is more than `most`, and a row that another transaction holds, are left to the next run, and
-- the wave stays unapplied.
-- Uses: the key of reactions_wave, reactions_of_wave. Locks: the wave, so that a new decision waits until this one is
-- applied, and none is lost; then its rows; waits for none of them.
-- Returns one row: how many rows changed; none where another transaction holds the wave.
WITH wanted AS MATERIALIZED (
  SELECT id, state <> 'released' AS held
    FROM reactions_wave WHERE id = %(wave)s::bigint AND NOT is_applied FOR NO KEY UPDATE SKIP LOCKED
), theirs AS MATERIALIZED (
  SELECT r.article_id, r.reader_id, wanted.held
    FROM wanted JOIN reactions_reaction r ON r.wave_id = wanted.id
   WHERE r.held <> wanted.held
   LIMIT %(most)s::int
     FOR NO KEY UPDATE OF r SKIP LOCKED
), changed AS (
  UPDATE reactions_reaction r SET held = theirs.held
    FROM theirs WHERE r.article_id = theirs.article_id AND r.reader_id = theirs.reader_id AND r.held <> theirs.held
  RETURNING r.article_id, r.reader_id
), enqueued AS (
  INSERT INTO reactions_outboxentry (article_id, reader_id) SELECT article_id, reader_id FROM changed
), done AS (
  UPDATE reactions_wave w SET is_applied = true
    FROM wanted
   WHERE w.id = wanted.id
     AND (SELECT count(*) FROM reactions_reaction r WHERE r.wave_id = wanted.id AND r.held <> wanted.held)
         <= (SELECT count(*) FROM changed)
)
SELECT (SELECT count(*) FROM changed) FROM wanted;
