-- Removes the rows of readers who left, once the totals hold nothing of them.
-- Uses: the partial index reactions_erased. Locks: the rows it removes.
DELETE FROM reactions_reaction WHERE erased AND counted = 0 AND kinds = 0 RETURNING 1;
