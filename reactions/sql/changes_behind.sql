-- How many seconds the change feed is behind what happened: the age of the oldest note, of the oldest counts that Redis
-- does not have, and of the oldest transaction that has written and is still open, which may have changed an article.
-- Uses: the key of reactions_changenote, the index reactions_stale_counts; the sessions of this database. Locks nothing.
SELECT GREATEST(0, extract(epoch FROM clock_timestamp() - LEAST(
         (SELECT created_at FROM reactions_changenote ORDER BY id LIMIT 1),
         (SELECT min(counted_at) FROM reactions_countversion WHERE version > cached_version),
         (SELECT min(xact_start) FROM pg_stat_activity
           WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()))))::float8;
