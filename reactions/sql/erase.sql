-- Erases a reader: each row loses its reader (a random id takes the place of the hash) and its reactions, and gets an
-- outbox entry, so that aggregation corrects the counts and then removes the row. A wave loses what it held of the
-- reader. Returns one row: how many rows there were.
-- Uses: the index reactions_by_reader, the key of reactions_wave. Locks: the waves of this reader's rows, in key order,
-- as moderation does; lock_reader.sql holds the rows.
WITH theirs AS MATERIALIZED (
  SELECT article_id, wave_id
    FROM reactions_reaction WHERE reader_id = %(reader)s::uuid ORDER BY article_id FOR UPDATE
), erased AS (
  UPDATE reactions_reaction r
     SET reader_id = gen_random_uuid(), previous = 0, kinds = 0, erased = true, changed_at = clock_timestamp()
    FROM theirs
   WHERE r.article_id = theirs.article_id AND r.reader_id = %(reader)s::uuid
  RETURNING r.article_id, r.reader_id
), enqueued AS (
  INSERT INTO reactions_outboxentry (article_id, reader_id) SELECT article_id, reader_id FROM erased
), locked_wave AS MATERIALIZED (
  SELECT w.id FROM reactions_wave w
   WHERE w.id IN (SELECT wave_id FROM theirs) ORDER BY w.article_id, w.rule FOR NO KEY UPDATE
), smaller_wave AS (
  -- Not by a subquery on `theirs`: where an aggregation changes the wave meanwhile, PostgreSQL would run it again, and
  -- would find nothing, because the rows are no longer this reader's.
  UPDATE reactions_wave w SET size = w.size - lost.reactions
    FROM locked_wave
    JOIN (SELECT wave_id, count(*) AS reactions FROM theirs GROUP BY wave_id) lost ON lost.wave_id = locked_wave.id
   WHERE w.id = locked_wave.id
)
SELECT count(*) FROM erased;
