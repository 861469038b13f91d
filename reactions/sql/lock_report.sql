-- Keeps two makers of one user's reports apart, until the end of the transaction. Returns one row: whether this one may go on.
SELECT pg_try_advisory_xact_lock(hashtext('reactions_report'), %(user)s::int);
