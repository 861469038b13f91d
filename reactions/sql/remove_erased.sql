-- Removes the rows of erased readers, once the counts hold nothing of them.
-- Uses: the partial index reactions_erased. Locks: the rows that it removes.
DELETE FROM reactions_reaction WHERE erased AND counted = 0 AND kinds = 0 RETURNING 1;
