-- Locks the reactions of these readers to these articles. Erased ones have no reader any more.
-- Uses: the key of reactions_reaction. Locks: those rows, in key order, as erase.sql and record_many.sql do; waits for
-- each, as long as limit_lock_waits.sql says. Returns a row for each: article and reader.
SELECT article_id, reader_id
  FROM reactions_reaction
 WHERE article_id = ANY (%(articles)s::uuid[]) AND reader_id = ANY (%(readers)s::uuid[]) AND NOT erased
 ORDER BY article_id, reader_id
   FOR UPDATE;
