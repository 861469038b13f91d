-- What shows whether aggregation goes on. Uses: the key of reactions_outboxentry, above the watermark of its last entries
-- that are gone, and that of reactions_aggregationrun. Locks nothing.
-- Returns one row: the age of the oldest outbox entry in seconds (0 where the outbox is empty); the seconds since an
-- aggregation last ran to its end (null: none ever did); whether this server accepts no writes.
SELECT COALESCE((SELECT GREATEST(extract(epoch FROM clock_timestamp() - created_at), 0)::float8
                   FROM reactions_outboxentry
                  WHERE id > COALESCE((SELECT watermark FROM reactions_aggregationrun), 0)
                  ORDER BY id LIMIT 1), 0),
       (SELECT GREATEST(extract(epoch FROM clock_timestamp() - ended_at), 0)::float8 FROM reactions_aggregationrun),
       current_setting('transaction_read_only')::boolean;
