-- Deletes those of these outbox entries whose row is gone: the reader was erased in between.
-- Uses: the keys of reactions_outboxentry and reactions_reaction. Locks: the entries that it deletes.
DELETE FROM reactions_outboxentry o
 WHERE id = ANY (%(entries)s::bigint[])
   AND NOT EXISTS (SELECT FROM reactions_reaction r WHERE r.article_id = o.article_id AND r.reader_id = o.reader_id)
RETURNING 1;
