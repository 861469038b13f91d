-- Erases a reader: each row loses its reader (a random id takes the place of the hash) and its reactions, and gets an
-- outbox entry, so that aggregation corrects the counts and then removes the row. Returns one row: how many there were.
-- Uses: the index reactions_by_reader. Locks: this reader's rows.
WITH erased AS (
  UPDATE reactions_reaction
     SET reader_id = gen_random_uuid(), previous = 0, kinds = 0, erased = true, changed_at = clock_timestamp()
   WHERE reader_id = %(reader)s::uuid
  RETURNING article_id, reader_id
), enqueued AS (
  INSERT INTO reactions_outboxentry (article_id, reader_id) SELECT article_id, reader_id FROM erased
)
SELECT count(*) FROM erased;
