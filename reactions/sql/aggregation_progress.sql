-- What shows whether aggregation goes on. Uses: the keys of reactions_outboxentry and reactions_aggregationrun.
-- Locks nothing.
-- Returns one row: the age of the oldest outbox entry in seconds (0 where the outbox is empty); the seconds since an
-- aggregation last ran to its end (null: none ever did); whether this server accepts no writes.
SELECT COALESCE((SELECT GREATEST(extract(epoch FROM clock_timestamp() - created_at), 0)::float8
                   FROM reactions_outboxentry ORDER BY id LIMIT 1), 0),
       (SELECT GREATEST(extract(epoch FROM clock_timestamp() - ended_at), 0)::float8 FROM reactions_aggregationrun),
       current_setting('transaction_read_only')::boolean;
