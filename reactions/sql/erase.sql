-- Forgets a reader: each row loses its reader (a random id that nobody holds) and its reactions, and is marked,
-- so that fold corrects the counts and then removes it. Returns how many rows there were.
-- Uses: the index reactions_by_reader. Locks: this reader's rows.
WITH forgotten AS (
  UPDATE reactions_reaction
     SET reader_id = gen_random_uuid(), previous = 0, kinds = 0, erased = true, changed_at = clock_timestamp()
   WHERE reader_id = %(reader)s::uuid
  RETURNING article_id, reader_id
), marked AS (
  INSERT INTO reactions_mark (article_id, reader_id) SELECT article_id, reader_id FROM forgotten
)
SELECT count(*) FROM forgotten;
