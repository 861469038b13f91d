-- The statements of this transaction see one snapshot, and change nothing. Must be its first statement. Locks nothing.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;
