-- Removes the rows of erased readers, once the counts hold nothing of them. A row that another transaction holds is left
-- to the next run. Uses: the partial index reactions_erased. Locks: the rows that it removes.
DELETE FROM reactions_reaction r
 USING (SELECT article_id, reader_id FROM reactions_reaction
         WHERE erased AND counted = 0 AND kinds = 0 FOR UPDATE SKIP LOCKED) gone
 WHERE r.article_id = gone.article_id AND r.reader_id = gone.reader_id
RETURNING 1;
