-- Locks the rows of a reader. erase.sql, in the same transaction, then sees the waves that these rows are in: a wave that
-- an aggregation creates while a statement waits for it is not in that statement's snapshot.
-- Uses: the index reactions_by_reader. Locks: this reader's rows, in key order. Returns a row for each.
SELECT article_id FROM reactions_reaction WHERE reader_id = %(reader)s::uuid ORDER BY article_id FOR UPDATE;
