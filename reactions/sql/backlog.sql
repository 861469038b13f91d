-- What waits: outbox entries, the age of the oldest in seconds (0 where the outbox is empty), articles whose newest
-- counts Redis does not have, and articles that are set aside for more than a minute.
-- Uses: the key of reactions_outboxentry, above the watermark of its last entries that are gone; the partial index
-- reactions_stale_counts; reactions_setaside. Locks nothing.
SELECT (SELECT count(*) FROM reactions_outboxentry
         WHERE id > COALESCE((SELECT watermark FROM reactions_aggregationrun), 0)),
       COALESCE((SELECT GREATEST(extract(epoch FROM clock_timestamp() - created_at), 0)::float8
                   FROM reactions_outboxentry
                  WHERE id > COALESCE((SELECT watermark FROM reactions_aggregationrun), 0)
                  ORDER BY id LIMIT 1), 0),
       (SELECT count(*) FROM reactions_countversion WHERE version > cached_version),
       (SELECT count(*) FROM reactions_setaside WHERE since < clock_timestamp() - interval '1 minute');
