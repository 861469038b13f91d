-- Erases a reader: each row loses its reader (a random id takes the place of the hash) and its reactions, and gets an
-- outbox entry, so that aggregation corrects the counts and then removes the row. A wave loses what it held of the
-- reader. Returns one row: how many rows there were.
-- Uses: the index reactions_by_reader, the key of reactions_wave. Locks: this reader's rows, then their waves, both in
-- key order, as moderation does.
WITH theirs AS MATERIALIZED (
  SELECT article_id, held, wave_id
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
  UPDATE reactions_wave w SET size = w.size - (SELECT count(*) FROM theirs WHERE theirs.wave_id = w.id)
    FROM locked_wave WHERE w.id = locked_wave.id
)
SELECT count(*) FROM erased;
