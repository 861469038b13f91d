-- Erases a reader: each row loses its reader (a random id takes the place of the hash) and its reactions, and gets an
-- outbox entry, so that aggregation corrects the counts and then removes the row. shrink_waves.sql, in the same
-- transaction, takes the rows out of their waves: a wave that moderation creates while this statement waits for a row is
-- not in this statement's snapshot.
-- Uses: the index reactions_by_reader. Locks: this reader's rows, in key order.
-- Returns a row for each wave, and one with null for rows in none: the wave, and how many rows of it there were.
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
)
SELECT wave_id, count(*) FROM theirs GROUP BY wave_id;
